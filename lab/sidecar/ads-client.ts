import type { Any, DiscoveryRequest, DiscoveryResponse } from '#lab/xds/discovery.ts';
import { type AdsClient as AdsChannel, connectAds, type SotwStream } from '#lab/xds/services.ts';
import { TYPE_URL, xdsTypeOf } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';
import { ADS_BACKOFF, type BackoffPolicy, backoffMs } from './backoff.ts';
import { ResourceTtls, TTL_FEATURES, unpackReceived } from './resource-ttl.ts';
import {
  acceptResponse,
  emptyCache,
  expireRequests,
  followReferences,
  forgetResources,
  type OnDeletion,
  type XdsCache,
} from './xds-cache.ts';
import { isOversized } from './xds-resources.ts';

export interface AdsSettings {
  /** host:port of the control plane. */
  readonly server: string;
  /** `node.id`: the instance. */
  readonly nodeId: string;
  /** `node.cluster`: the service. */
  readonly service: string;
  readonly onDeletion: OnDeletion;
  /** A server that does not answer a ping this long after it was due is taken for dead. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** `crash`: ends the process over a route configuration that is too large, as proxies with a hard limit did. */
  readonly onOversize: 'refuse' | 'crash';
  readonly backoff?: BackoffPolicy;
}

export interface AdsCounts {
  readonly serverFailures: number;
  readonly valid: Readonly<Record<XdsType, number>>;
  readonly invalid: Readonly<Record<XdsType, number>>;
}

interface AdsClock {
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
}

/** Names that no response brought within this time do not exist (config_source.proto, initial_fetch_timeout). */
const DOES_NOT_EXIST_MS = 15_000;
const EXPIRY_CHECK_MS = 250;

/**
 * State-of-the-world ADS client: one stream for all types, ACK or NACK for each response, the last good configuration
 * kept when the stream is lost, a new stream after a jittered delay.
 *
 *   connect ──stream──▶ subscribed ──first response──▶ connected ──end or silence──▶ wait ──▶ connect
 */
export class AdsClient {
  readonly #settings: AdsSettings;
  readonly #clock: AdsClock;
  readonly #services = new Set<string>();
  readonly #nonces = new Map<XdsType, string>();
  /** What the server was last told, per type, on this stream. */
  readonly #subscribed = new Map<XdsType, string>();
  readonly #ttls = new ResourceTtls();
  readonly #valid = zeroes();
  readonly #invalid = zeroes();
  #onUpdate: () => void = () => undefined;
  #cache: XdsCache;
  #acceptedMs: number | undefined;
  #channel: AdsChannel | undefined;
  #stream: SotwStream | undefined;
  #connected = false;
  #controlPlane = '';
  #failures = 0;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #stopped = false;
  #onDeletion: OnDeletion;
  #onOversize: AdsSettings['onOversize'];

  constructor(settings: AdsSettings, clock: AdsClock) {
    this.#settings = settings;
    this.#onDeletion = settings.onDeletion;
    this.#onOversize = settings.onOversize;
    this.#clock = clock;
    this.#cache = emptyCache(clock.now());
  }

  /** `onUpdate` runs after every change of the configuration or of the connection. */
  start(onUpdate: () => void): void {
    this.#onUpdate = onUpdate;
    this.#connect();
    this.#expiry = setInterval(() => this.#expire(), EXPIRY_CHECK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#expiry);
    this.#stream?.cancel();
    this.#channel?.close();
  }

  /** Takes up a configuration kept from an earlier life, until the server says better. */
  resume(cache: XdsCache, services: readonly string[], acceptedMs: number): void {
    for (const service of services) this.#services.add(service);
    this.#cache = cache;
    this.#acceptedMs = acceptedMs;
    this.#onUpdate();
  }

  subscribe(service: string): void {
    if (this.#services.has(service)) return;
    this.#services.add(service);
    this.#replaceCache(this.#cache);
  }

  get onDeletion(): OnDeletion {
    return this.#onDeletion;
  }

  get onOversize(): AdsSettings['onOversize'] {
    return this.#onOversize;
  }

  /** For responses from now on; what is undefined is as it was set up. */
  obey(policy: {
    readonly onDeletion?: OnDeletion | undefined;
    readonly onOversize?: AdsSettings['onOversize'] | undefined;
  }): void {
    this.#onDeletion = policy.onDeletion ?? this.#settings.onDeletion;
    this.#onOversize = policy.onOversize ?? this.#settings.onOversize;
  }

  get cache(): XdsCache {
    return this.#cache;
  }

  /** True from the first response of a stream to the end of the stream. */
  get connected(): boolean {
    return this.#connected;
  }

  get acceptedMs(): number | undefined {
    return this.#acceptedMs;
  }

  get services(): readonly string[] {
    return [...this.#services];
  }

  /** How the server names itself, '' until it did. */
  get controlPlane(): string {
    return this.#controlPlane;
  }

  get counts(): AdsCounts {
    return { serverFailures: this.#failures, valid: this.#valid, invalid: this.#invalid };
  }

  #connect(): void {
    const { server, keepaliveMs, keepaliveTimeoutMs } = this.#settings;
    // A channel of its own per try: gRPC's own backoff would add to ours.
    const channel = connectAds(server, {
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.use_local_subchannel_pool': 1,
    });
    const stream = channel.StreamAggregatedResources();
    this.#channel = channel;
    this.#stream = stream;
    this.#nonces.clear();
    this.#subscribed.clear();
    stream.on('data', (response: DiscoveryResponse) => {
      if (stream === this.#stream) this.#receive(response);
    });
    stream.on('error', () => this.#lose(stream));
    stream.on('end', () => this.#lose(stream));
    this.#sendSubscriptions();
  }

  #lose(stream: SotwStream): void {
    if (stream !== this.#stream || this.#stopped) return;
    stream.cancel();
    this.#channel?.close();
    this.#stream = undefined;
    this.#channel = undefined;
    // gRFC A78 counts a failure when a healthy server becomes unhealthy, not each failed try.
    if (this.#connected || this.#attempt === 0) this.#failures += 1;
    this.#connected = false;
    const delayMs = backoffMs(
      this.#settings.backoff ?? ADS_BACKOFF,
      this.#attempt,
      this.#clock.roll(),
    );
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    this.#onUpdate();
  }

  #receive(response: DiscoveryResponse): void {
    const stream = this.#stream;
    const type = xdsTypeOf(response.type_url ?? '');
    if (type === undefined) return;
    this.#connected = true;
    this.#attempt = 0;
    this.#controlPlane = response.control_plane?.identifier ?? this.#controlPlane;
    const now = this.#clock.now();
    const { resources, heartbeats } = this.#unpack(type, response.resources ?? [], now);
    // The server counts on what this client has forgotten: only a new stream is answered in full.
    const held = this.#cache[type].resources;
    if (stream && heartbeats.some((name) => held.get(name)?.kind === 'missing')) {
      return void this.#lose(stream);
    }
    if (this.#onOversize === 'crash' && type === 'RDS' && resources.some(isOversized)) {
      throw new RangeError(
        'the route configuration does not fit into the room that was made for it',
      );
    }
    const accepted = acceptResponse(
      this.#cache,
      type,
      { versionInfo: response.version_info ?? '', resources, heartbeats },
      this.#onDeletion,
      now,
    );
    this.#valid[type] += accepted.valid;
    this.#invalid[type] += accepted.invalid;
    this.#nonces.set(type, response.nonce ?? '');
    if (accepted.errorDetail === undefined) this.#acceptedMs = now;
    const next = followReferences(accepted.cache, this.#services, now);
    this.#cache = next;
    // The reply carries the names as they stand after this response.
    this.#send(type, accepted.errorDetail);
    this.#sendSubscriptions();
    this.#onUpdate();
  }

  #replaceCache(cache: XdsCache): void {
    const next = followReferences(cache, this.#services, this.#clock.now());
    if (next === this.#cache) return;
    this.#cache = next;
    this.#sendSubscriptions();
    this.#onUpdate();
  }

  /** Also takes note of how long each resource may be kept. */
  #unpack(
    type: XdsType,
    received: readonly Any[],
    now: number,
  ): { readonly resources: readonly unknown[]; readonly heartbeats: readonly string[] } {
    const resources: unknown[] = [];
    const heartbeats: string[] = [];
    for (const any of received) {
      const unpacked = unpackReceived(any);
      if (unpacked) this.#ttls.heardOf(type, unpacked.name, unpacked.ttlMs, now);
      if (unpacked && !unpacked.resource) heartbeats.push(unpacked.name);
      else resources.push(unpacked?.resource);
    }
    return { resources, heartbeats };
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const type of XDS_TYPES) {
      const expired = this.#ttls.takeExpired(type, now);
      if (expired.length > 0) this.#replaceCache(forgetResources(this.#cache, type, expired));
    }
    // Silence of a lost server says nothing of what does not exist.
    if (this.#connected) this.#replaceCache(expireRequests(this.#cache, DOES_NOT_EXIST_MS, now));
  }

  /** One request for each type whose names differ from what the server was told. */
  #sendSubscriptions(): void {
    for (const type of XDS_TYPES) {
      const names = this.#names(type);
      const told = this.#subscribed.get(type);
      // An empty first request would mean "everything" (xds_protocol.rst, wildcard subscriptions).
      if (told === undefined ? names.length > 0 : told !== names.join(',')) this.#send(type);
    }
  }

  #send(type: XdsType, errorDetail?: string): void {
    const { acked } = this.#cache[type];
    const names = this.#names(type);
    const nonce = this.#nonces.get(type);
    const request: DiscoveryRequest = {
      type_url: TYPE_URL[type],
      resource_names: names,
      ...(this.#subscribed.size === 0 && { node: this.node }),
      ...(acked !== undefined && { version_info: acked }),
      ...(nonce !== undefined && { response_nonce: nonce }),
      // google.rpc.Code.INVALID_ARGUMENT
      ...(errorDetail !== undefined && { error_detail: { code: 3, message: errorDetail } }),
    };
    this.#subscribed.set(type, names.join(','));
    this.#stream?.write(request);
  }

  #names(type: XdsType): readonly string[] {
    return [...this.#cache[type].resources.keys()].sort();
  }

  /** How this client names itself. */
  get node(): NonNullable<DiscoveryRequest['node']> {
    return {
      id: this.#settings.nodeId,
      cluster: this.#settings.service,
      user_agent_name: 'detour-sidecar',
      client_features: TTL_FEATURES,
      locality: { region: 'lab', zone: 'lab-a' },
    };
  }
}

function zeroes(): Record<XdsType, number> {
  return { LDS: 0, RDS: 0, CDS: 0, EDS: 0 };
}
