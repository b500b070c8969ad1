import type { PushEnd, PushLog } from '#lab/control-plane/push-log.ts';
import type { Answer, Reception, Subscription } from '#lab/control-plane/subscription.ts';
import type { View } from '#lab/control-plane/view.ts';
import type { Node } from '#lab/xds/discovery.ts';
import { xdsTypeOf } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** After this long without an answer a push counts as silent, and a newer one may follow it. */
const SILENCE_MS = 10_000;
/** A client that does not read for so long is dropped; it will come back and be answered in full. */
const UNREAD_LIMIT_MS = 30_000;

/** What a request of either dialect has. */
export interface AdsRequest {
  readonly node?: Node;
  readonly type_url?: string;
}

/** The socket side of a stream. */
export interface AdsWire {
  /** `onFlushed` is called when the client has room for more. */
  readonly write: (response: Buffer, onFlushed: () => void) => void;
  /** Ends the stream with a gRPC status. */
  readonly fail: (code: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED', details: string) => void;
}

/** What the stream needs to know of the control plane; asked anew for each answer. */
export interface AdsSource {
  /** Everything for clients like `node`; undefined until the first snapshot. */
  readonly viewFor: (node: Node) => View | undefined;
  readonly isMuted: (type: XdsType) => boolean;
  readonly delayMs: () => number;
}

export interface Dialect<Request extends AdsRequest> {
  readonly name: 'sotw' | 'delta';
  readonly subscribe: (type: XdsType) => Subscription<Request>;
  readonly encode: (type: XdsType, answer: Answer, nonce: string) => Buffer;
}

interface Channel<Request> {
  readonly subscription: Subscription<Request>;
  outstanding: OutstandingPush | undefined;
  /** Written and not yet taken by the client's flow-control window. */
  unread: boolean;
  status: TypeStatus;
}

interface OutstandingPush {
  readonly nonce: string;
  readonly version: number;
  readonly end: (end: PushEnd) => void;
  readonly silence: NodeJS.Timeout;
}

/** The server's view of one type on one stream, for the admin API and CSDS. */
export interface TypeStatus {
  readonly sent?: string;
  readonly sentUnixMs?: number;
  readonly acked?: string;
  readonly ackedUnixMs?: number;
  /** Set while the last version that was sent stands refused. */
  readonly rejected?: string;
  readonly rejectReason?: string;
}

export interface SubscriptionStatus extends TypeStatus {
  readonly names: readonly string[];
  readonly wildcard: boolean;
  /** How many resources it was last told of. */
  readonly held: number;
  /** A push that is not answered yet. */
  readonly outstanding: boolean;
}

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
  readonly #channels = new Map<XdsType, Channel<Request>>();
  #node: Node | undefined;
  #responses = 0;
  #closed = false;

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
    const type = xdsTypeOf(request.type_url ?? '');
    // A type that is not served has no resources: subscribing to it yields nothing.
    if (type === undefined) return;
    const channel = this.#channelOf(type);
    const reception = channel.subscription.receive(request);
    if (reception.kind === 'stale') this.#log.staleNonce(type);
    else this.#settle(channel, reception);
    this.pushDue();
  }

  /** Sends what is due and may go now. Called whenever something may have become so. */
  pushDue(): void {
    if (this.#closed || this.#node === undefined) return;
    const view = this.#source.viewFor(this.#node);
    if (view === undefined) return;
    for (const type of XDS_TYPES) this.#pushType(type, view);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of this.#channels.values()) this.#conclude(channel, { kind: 'silent' });
  }

  status(): Readonly<Partial<Record<XdsType, SubscriptionStatus>>> {
    return Object.fromEntries(
      [...this.#channels].map(([type, { subscription, outstanding, status }]) => [
        type,
        {
          names: [...subscription.names],
          wildcard: subscription.wildcard,
          held: subscription.heldCount(),
          outstanding: outstanding !== undefined,
          ...status,
        },
      ]),
    );
  }

  #channelOf(type: XdsType): Channel<Request> {
    let channel = this.#channels.get(type);
    if (channel === undefined) {
      channel = {
        subscription: this.#dialect.subscribe(type),
        outstanding: undefined,
        unread: false,
        status: {},
      };
      this.#channels.set(type, channel);
    }
    return channel;
  }

  #settle(channel: Channel<Request>, reception: Reception): void {
    if (reception.kind === 'ack') this.#conclude(channel, { kind: 'acked' });
    if (reception.kind === 'nack')
      this.#conclude(channel, { kind: 'nacked', reason: reception.error.message ?? '' });
  }

  #conclude(channel: Channel<Request>, end: PushEnd): void {
    const push = channel.outstanding;
    if (push === undefined) return;
    channel.outstanding = undefined;
    clearTimeout(push.silence);
    push.end(end);
    const version = `${push.version}`;
    const { rejected: _, rejectReason: __, ...status } = channel.status;
    if (end.kind === 'acked')
      channel.status = { ...status, acked: version, ackedUnixMs: Date.now() };
    if (end.kind === 'nacked')
      channel.status = { ...status, rejected: version, rejectReason: end.reason };
  }

  #pushType(type: XdsType, view: View): void {
    const channel = this.#channels.get(type);
    if (channel === undefined || this.#mustWait(channel, view)) return;
    const answer = channel.subscription.due(view[type], this.#mustRetain(type, view));
    if (answer !== undefined) this.#send(channel, answer);
  }

  #mustWait(channel: Channel<Request>, view: View): boolean {
    const { type } = channel.subscription;
    if (channel.outstanding !== undefined || channel.unread || this.#source.isMuted(type))
      return true;
    // Who takes all clusters learns of new ones, and their endpoints, before the routes to them.
    const waitsForClusters = (type === 'LDS' || type === 'RDS') && this.#takesAllClusters();
    return waitsForClusters && (this.#isBusy('CDS', view, true) || this.#isBusy('EDS', view, true));
  }

  /** Removed clusters stay until the listeners and routes that led to them have gone. */
  #mustRetain(type: XdsType, view: View): boolean {
    return type === 'CDS' && (this.#isBusy('LDS', view, false) || this.#isBusy('RDS', view, false));
  }

  #takesAllClusters(): boolean {
    return this.#channels.get('CDS')?.subscription.wildcard === true;
  }

  #isBusy(type: XdsType, view: View, retainRemoved: boolean): boolean {
    const channel = this.#channels.get(type);
    if (channel === undefined || this.#source.isMuted(type)) return false;
    return (
      channel.outstanding !== undefined ||
      channel.subscription.due(view[type], retainRemoved) !== undefined
    );
  }

  #send(channel: Channel<Request>, answer: Answer): void {
    const { type } = channel.subscription;
    this.#responses += 1;
    const nonce = `${this.id}-${this.#responses}`;
    channel.subscription.markSent(answer, nonce);
    if (type === 'CDS') this.#resendEndpoints(answer);
    channel.status = { ...channel.status, sent: `${answer.version}`, sentUnixMs: Date.now() };
    channel.outstanding = {
      nonce,
      version: answer.version,
      end: this.#log.pushed({
        type,
        version: answer.version,
        node: this.#node?.id ?? '',
        resources: answer.entries.length,
        removed: answer.removed.length,
      }),
      silence: setTimeout(() => this.#fallSilent(channel), SILENCE_MS),
    };
    const response = this.#dialect.encode(type, answer, nonce);
    const delayMs = this.#source.delayMs();
    if (delayMs === 0) this.#write(channel, response);
    else setTimeout(() => this.#write(channel, response), delayMs);
  }

  /** A changed cluster warms until endpoints arrive after it, also unchanged ones (eds.cc; go-control-plane#1035). */
  #resendEndpoints(answer: Answer): void {
    const awaited = answer.changed.flatMap((entry) => entry.edsName ?? []);
    if (awaited.length > 0) this.#channels.get('EDS')?.subscription.resend(awaited);
  }

  #fallSilent(channel: Channel<Request>): void {
    this.#conclude(channel, { kind: 'silent' });
    this.pushDue();
  }

  #write(channel: Channel<Request>, response: Buffer): void {
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
      if (channel.outstanding === undefined) this.pushDue();
    });
  }
}
