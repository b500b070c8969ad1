import { NO_PEER, type SpanBatch } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';

/** That the address which `client` calls is `server`. */
export interface PeerAlias {
  readonly client: string;
  readonly address: string;
  readonly server: string;
  readonly lastSecond: number;
}

const SERVER = 2;
const CLIENT = 3;
/** How many calls may lie between the two halves of a pair; older ones are overwritten. */
const SLOTS = 1 << 16;
/** An alias that holds is told to the store again after this long. */
const RENEW_SECONDS = 10;
const MAX_ALIASES = 20_000;

interface Half {
  readonly key: string;
  readonly service: string;
  /** '' on the server's half. */
  readonly address: string;
}

/**
 * Learns which service stands behind an address: the span id of the client's span is the parent id of the server's
 * (W3C Trace Context). Either half may come first, from another sender; each waits in a table of fixed size. Forgetting
 * one costs nothing lasting: the next call teaches the same.
 */
export class AliasLearner {
  readonly #waiting: (Half | undefined)[] = new Array(SLOTS);
  readonly #learnt = new Map<string, PeerAlias>();
  #fresh = new Map<string, PeerAlias>();
  /** Servers' halves are kept only once somebody has called an address. */
  #hasAddressPeers = false;

  observe(batch: SpanBatch): void {
    this.#hasAddressPeers ||= batch.peers.some((peer) => peer.kind === 'address');
    if (!this.#hasAddressPeers) return;
    for (let i = 0; i < batch.count; i++) {
      const kind = batch.kind[i];
      if (kind === CLIENT) this.#client(batch, i);
      // A proxy that tells a call as one span, as Envoy does, has no SERVER span under its application's call.
      const isProxy = batch.groups[batch.groupOf[i] as number]?.isProxy === true;
      if (kind === SERVER || (kind === CLIENT && isProxy)) this.#server(batch, i);
    }
  }

  takeFresh(): readonly PeerAlias[] {
    const fresh = [...this.#fresh.values()];
    this.#fresh = new Map();
    return fresh;
  }

  /** The store may not have what was last taken. */
  forget(): void {
    this.#learnt.clear();
    this.#fresh.clear();
  }

  #client(batch: SpanBatch, i: number): void {
    const index = batch.peerOf[i] as number;
    const peer = index === NO_PEER ? undefined : batch.peers[index];
    if (peer?.kind !== 'address') return;
    const service = batch.groups[batch.groupOf[i] as number]?.service ?? '';
    const key = idText(batch.spanIds, i * 8);
    const half = this.#waiting[slotOf(key)];
    if (half?.key === key && half.address === '') {
      this.#learn(service, peer.name, half.service, batch.endSecond[i] as number);
    } else this.#waiting[slotOf(key)] = { key, service, address: peer.name };
  }

  #server(batch: SpanBatch, i: number): void {
    const service = batch.groups[batch.groupOf[i] as number]?.service ?? '';
    const key = idText(batch.parentIds, i * 8);
    const half = this.#waiting[slotOf(key)];
    if (half?.key === key && half.address !== '') {
      this.#learn(half.service, half.address, service, batch.endSecond[i] as number);
    } else this.#waiting[slotOf(key)] = { key, service, address: '' };
  }

  #learn(client: string, address: string, server: string, second: number): void {
    const alias = {
      client: toPgText(client),
      address: toPgText(address),
      server: toPgText(server),
      lastSecond: second,
    };
    const key = JSON.stringify([alias.client, alias.address, alias.server]);
    const known = this.#learnt.get(key);
    if (known !== undefined && second < known.lastSecond + RENEW_SECONDS) return;
    if (this.#learnt.size >= MAX_ALIASES) this.#learnt.clear();
    this.#learnt.set(key, alias);
    this.#fresh.set(key, alias);
  }
}

function idText(ids: Uint8Array, from: number): string {
  return String.fromCharCode(...ids.subarray(from, from + 8));
}

function slotOf(key: string): number {
  const tail = (key.charCodeAt(6) << 8) | key.charCodeAt(7);
  return tail & (SLOTS - 1);
}
