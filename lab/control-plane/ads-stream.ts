import type { PushLog } from '#lab/control-plane/push-log.ts';
import type {
  AdsRequest,
  AdsSource,
  AdsWire,
  Dialect,
  FailureCode,
  Ttl,
} from '#lab/control-plane/stream-ports.ts';
import type { Answer } from '#lab/control-plane/subscription.ts';
import type { SubscriptionStatus, TypeContents } from '#lab/control-plane/subscription-status.ts';
import { TypeChannel } from '#lab/control-plane/type-channel.ts';
import type { View } from '#lab/control-plane/view.ts';
import type { Node } from '#lab/xds/discovery.ts';
import { xdsTypeOf } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** A client that does not read for so long is dropped; it will come back and be answered in full. */
const UNREAD_LIMIT_MS = 30_000;
/** A client that has not asked for a new cluster's endpoints by then will not. */
const ASK_LIMIT_MS = 500;

const retainAll = () => true;
const retainNone = () => false;

/** A stream of either dialect, as everyone but the socket sees it. */
export type AnyAdsStream = Omit<AdsStream<AdsRequest>, 'receive'>;

/**
 * One ADS stream. Nothing is queued: a change only marks that something may be due, and what is due is worked out when
 * it can be sent. So the latest state always wins, and a slow client costs four pushes at most, one per type.
 */
export class AdsStream<Request extends AdsRequest> {
  readonly id: number;
  readonly peer: string;
  readonly openedUnixMs: number;
  readonly #dialect: Dialect<Request>;
  readonly #source: AdsSource;
  readonly #wire: AdsWire;
  readonly #log: PushLog;
  readonly #channels = new Map<XdsType, TypeChannel<Request>>();
  #node: Node | undefined;
  #responses = 0;
  #closed = false;
  #warmTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly id: number;
    readonly peer: string;
    readonly openedUnixMs: number;
    readonly dialect: Dialect<Request>;
    readonly source: AdsSource;
    readonly wire: AdsWire;
    readonly log: PushLog;
  }) {
    this.id = options.id;
    this.peer = options.peer;
    this.openedUnixMs = options.openedUnixMs;
    this.#dialect = options.dialect;
    this.#source = options.source;
    this.#wire = options.wire;
    this.#log = options.log;
  }

  get node(): Node | undefined {
    return this.#node;
  }

  get dialect(): 'sotw' | 'delta' {
    return this.#dialect.name;
  }

  receive(request: Request): void {
    // Only the first request of a stream is sure to carry the node (xds_protocol.rst, "Discovery Request").
    this.#node ??= request.node;
    if (!this.#node?.id) {
      this.#wire.fail('INVALID_ARGUMENT', 'the first request of a stream must name node.id');
      return;
    }
    if (!request.type_url) {
      this.#wire.fail(
        'INVALID_ARGUMENT',
        'a request on an aggregated stream must name its type_url',
      );
      return;
    }
    const type = xdsTypeOf(request.type_url);
    // A type that is not served has no resources: subscribing to it yields nothing.
    if (type === undefined) return;
    const channel = this.#channelOf(type);
    const reception = channel.subscription.receive(request);
    if (reception.kind === 'stale') this.#log.staleNonce(type);
    else channel.settle(reception);
    this.pushDue();
  }

  /** Sends what is due and may go now. Called whenever something may have become so. */
  pushDue(): void {
    const view = this.#view();
    if (view === undefined) return;
    for (const type of XDS_TYPES) this.#pushType(type, view);
  }

  /** Says again that what the client has still holds, where a time to live runs. */
  pushHeartbeats(): void {
    const view = this.#view();
    if (view === undefined) return;
    for (const channel of this.#channels.values()) {
      const { type } = channel.subscription;
      const ttlSeconds = this.#ttlSeconds(type);
      if (ttlSeconds === undefined) continue;
      const entries = channel.subscription.held(view[type]);
      if (entries.length === 0 || this.#mustWait(channel, view)) continue;
      this.#send(
        channel,
        { entries, changed: [], removed: [], version: view[type].version },
        { ttlSeconds, heartbeat: true },
      );
    }
  }

  fail(code: FailureCode, details: string): void {
    this.#wire.fail(code, details);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#warmTimer);
    for (const channel of this.#channels.values()) channel.conclude({ kind: 'silent' });
  }

  status(): Readonly<Partial<Record<XdsType, SubscriptionStatus>>> {
    return Object.fromEntries(
      [...this.#channels].map(([type, channel]) => [type, channel.status()]),
    );
  }

  /** What the client was last told of, with the names it waits for, by type. */
  contents(): readonly TypeContents[] {
    const view = this.#view();
    if (view === undefined) return [];
    return [...this.#channels.values()].map((channel) => channel.contents(view));
  }

  #view(): View | undefined {
    if (this.#closed || this.#node === undefined) return undefined;
    return this.#source.viewFor(this.#node);
  }

  #channelOf(type: XdsType): TypeChannel<Request> {
    let channel = this.#channels.get(type);
    if (channel === undefined) {
      channel = new TypeChannel(this.#dialect.subscribe(type));
      this.#channels.set(type, channel);
    }
    return channel;
  }

  #pushType(type: XdsType, view: View): void {
    const channel = this.#channels.get(type);
    if (channel === undefined || this.#mustWait(channel, view)) return;
    const ttlSeconds = this.#ttlSeconds(type);
    if (channel.ttlSeconds !== ttlSeconds) {
      channel.ttlSeconds = ttlSeconds;
      channel.subscription.resend(channel.subscription.held(view[type]).map(({ name }) => name));
    }
    const answer = channel.subscription.due(view[type], () => this.#mustRetain(type, view));
    if (answer !== undefined) this.#send(channel, answer, { ttlSeconds, heartbeat: false });
  }

  #ttlSeconds(type: XdsType): number | undefined {
    const isAble = this.#node?.client_features?.includes(this.#dialect.ttlFeature) === true;
    return isAble ? this.#source.ttlSeconds(type) : undefined;
  }

  #mustWait(channel: TypeChannel<Request>, view: View): boolean {
    const { type } = channel.subscription;
    if (channel.isOutstanding || channel.unread || this.#source.isMuted(type)) return true;
    // Who takes all clusters learns of new ones, and their endpoints, before the routes to them.
    const isAfterClusters = type === 'LDS' || type === 'RDS';
    const takesAllClusters = this.#channels.get('CDS')?.subscription.wildcard === true;
    return isAfterClusters && takesAllClusters && this.#isWarming(view);
  }

  #isWarming(view: View): boolean {
    return (
      this.#isBusy('CDS', view, retainAll) ||
      this.#isBusy('EDS', view, retainAll) ||
      this.#isAboutToAskForEndpoints(view)
    );
  }

  /** Between taking new clusters and asking for their endpoints lies a moment, in which routes to them would fail. */
  #isAboutToAskForEndpoints(view: View): boolean {
    const clusters = this.#channels.get('CDS');
    const asked = this.#channels.get('EDS')?.subscription;
    const isAsked = (name: string) => asked?.wildcard === true || asked?.names.has(name) === true;
    const isComplete = (clusters?.subscription.held(view.CDS) ?? []).every(
      ({ edsName }) => edsName === undefined || isAsked(edsName),
    );
    const leftMs = (clusters?.ackedUnixMs ?? 0) + ASK_LIMIT_MS - Date.now();
    if (isComplete || leftMs <= 0) return false;
    this.#warmTimer ??= setTimeout(() => {
      this.#warmTimer = undefined;
      this.pushDue();
    }, leftMs);
    return true;
  }

  /** Removed clusters stay until the listeners and routes that led to them have gone. */
  #mustRetain(type: XdsType, view: View): boolean {
    return (
      type === 'CDS' &&
      (this.#isBusy('LDS', view, retainNone) || this.#isBusy('RDS', view, retainNone))
    );
  }

  #isBusy(type: XdsType, view: View, retainRemoved: () => boolean): boolean {
    const channel = this.#channels.get(type);
    if (channel === undefined || this.#source.isMuted(type)) return false;
    return (
      channel.isOutstanding || channel.subscription.due(view[type], retainRemoved) !== undefined
    );
  }

  #send(channel: TypeChannel<Request>, answer: Answer, ttl: Ttl): void {
    const { type } = channel.subscription;
    this.#responses += 1;
    const nonce = `${this.id}-${this.#responses}`;
    channel.subscription.markSent(answer, nonce);
    if (type === 'CDS') this.#resendEndpoints(answer);
    const end = this.#log.pushed({
      type,
      version: answer.version,
      node: this.#node?.id ?? '',
      resources: answer.entries.length,
      removed: answer.removed.length,
    });
    channel.begin(answer, end, () => this.pushDue());
    const response = this.#dialect.encode(type, answer, nonce, ttl);
    const delayMs = this.#source.delayMs();
    if (delayMs === 0) this.#write(channel, response);
    else setTimeout(() => this.#write(channel, response), delayMs);
  }

  /** A changed cluster warms until endpoints arrive after it, also unchanged ones (eds.cc; go-control-plane#1035). */
  #resendEndpoints(answer: Answer): void {
    const awaited = answer.changed.flatMap((entry) => entry.edsName ?? []);
    if (awaited.length > 0) this.#channels.get('EDS')?.subscription.resend(awaited);
  }

  #write(channel: TypeChannel<Request>, response: Buffer): void {
    if (this.#closed) return;
    channel.unread = true;
    const limit = setTimeout(() => {
      this.#log.slowStreamClosed();
      this.#wire.fail('RESOURCE_EXHAUSTED', `nothing was read for ${UNREAD_LIMIT_MS} ms`);
    }, UNREAD_LIMIT_MS);
    limit.unref();
    this.#wire.write(response, () => {
      clearTimeout(limit);
      channel.unread = false;
      if (!channel.isOutstanding) this.pushDue();
    });
  }
}
