import type { DiscoveryResponse } from '#lab/xds/discovery.ts';
import { type AdsClient, connectAds } from '#lab/xds/services.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** gRPC's connection backoff (doc/connection-backoff.md in grpc/grpc), up to two minutes. */
const BACKOFF = { baseMs: 1000, factor: 1.6, maxMs: 120_000, jitter: 0.2 };

export interface HerdSettings {
  readonly server: string;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
}

/** Many xDS clients in one process: each has its own connection and acknowledges everything, and none routes anything. */
export class Herd {
  readonly #settings: HerdSettings;
  readonly #members: Member[] = [];

  constructor(settings: HerdSettings) {
    this.#settings = settings;
  }

  resize(count: number): void {
    while (this.#members.length < count) {
      const member = new Member(`herd-${this.#members.length + 1}`, this.#settings);
      this.#members.push(member);
      member.connect();
    }
    for (const member of this.#members.splice(count)) member.stop();
  }

  counts(): { readonly total: number; readonly connected: number } {
    return {
      total: this.#members.length,
      connected: this.#members.filter((member) => member.connected).length,
    };
  }
}

class Member {
  readonly #id: string;
  readonly #settings: HerdSettings;
  #channel: AdsClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  connected = false;

  constructor(id: string, settings: HerdSettings) {
    this.#id = id;
    this.#settings = settings;
  }

  connect(): void {
    const channel = connectAds(this.#settings.server, { 'grpc.use_local_subchannel_pool': 1 });
    const stream = channel.StreamAggregatedResources();
    this.#channel = channel;
    stream.on('data', (response: DiscoveryResponse) => {
      this.connected = true;
      this.#attempt = 0;
      stream.write({
        type_url: response.type_url ?? '',
        version_info: response.version_info ?? '',
        response_nonce: response.nonce ?? '',
        resource_names: namesFor(typeOf(response.type_url)),
      });
    });
    stream.on('error', () => this.#lose(channel));
    stream.on('end', () => this.#lose(channel));
    for (const type of XDS_TYPES) {
      stream.write({
        type_url: TYPE_URL[type],
        resource_names: namesFor(type),
        node: { id: this.#id, cluster: 'herd', user_agent_name: 'detour-herd' },
      });
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close();
    this.connected = false;
  }

  #lose(channel: AdsClient): void {
    if (channel !== this.#channel) return;
    this.stop();
    const { baseMs, factor, maxMs, jitter } = BACKOFF;
    const plainMs = Math.min(maxMs, baseMs * factor ** this.#attempt);
    this.#attempt += 1;
    const delayMs = plainMs * (1 + jitter * (2 * this.#settings.roll() - 1));
    this.#timer = setTimeout(() => this.connect(), delayMs);
  }
}

function typeOf(typeUrl: string | undefined): XdsType {
  return XDS_TYPES.find((type) => TYPE_URL[type] === typeUrl) ?? 'CDS';
}

/** All share one service: what matters is how many they are. */
function namesFor(type: XdsType): readonly string[] {
  return type === 'RDS' ? ['song-route'] : ['song'];
}
