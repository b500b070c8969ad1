import { hashBytes } from './hash-bytes.ts';
import { decodeUtf8 } from './string-table.ts';

/** Attribute keys whose values the hot path reads; all others are only hashed. The order is each key's number. */
export const KNOWN_KEYS = [
  'mesh.routing.mode',
  'mesh.routing.source',
  'mesh.xds.connected',
  'error.type',
  'grpc.target',
  'rpc.target',
  'url.full',
  'http.url',
  'upstream_cluster',
  'upstream_cluster.name',
  'response_flags',
  'component',
  'grpc.lb.backend_service',
  'grpc.lb.locality',
  'rpc.system',
  'server.address',
  'net.peer.name',
  'server.port',
  'net.peer.port',
  'network.peer.address',
  'net.sock.peer.addr',
  'network.peer.port',
  'service.peer.name',
  'peer.service',
  'db.namespace',
  'db.name',
  'db.system.name',
  'db.system',
  'messaging.destination.name',
  'messaging.system',
  'rpc.service',
] as const;

export type KnownKey = (typeof KNOWN_KEYS)[number];

export const NOT_KNOWN = -1;
/** Odd seed of key hashes; any constant does. */
export const KEY_SEED = 0x9747b28c;

const numberByName = new Map<string, number>(KNOWN_KEYS.map((key, number) => [key, number]));

export function keyNumber(key: KnownKey): number {
  return KNOWN_KEYS.indexOf(key);
}

const SLOTS = 1024;
const SHORTEST = 4;
const LONGEST = 64;
const WORDS = LONGEST / 4;

/**
 * Keys seen before, each checked and hashed once: instrumentations send the same few over and over, and to compare one
 * costs less than to check and hash it. A slot holds the last key that fell into it.
 */
class SeenKeys {
  readonly #length = new Int32Array(SLOTS);
  /** Whole words from the key's start, then its last word, which may overlap the one before. */
  readonly #words = new Int32Array(SLOTS * WORDS);
  readonly #hash = new Uint32Array(SLOTS);
  readonly #number = new Int16Array(SLOTS);

  /** The slot of the key at `from`…`to`. Throws when that is no UTF-8. */
  find(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const length = to - from;
    if (length < SHORTEST || length > LONGEST) return this.#learn(0, bytes, view, from, to);
    const ends = view.getInt32(from, true) ^ Math.imul(view.getInt32(to - 4, true), 0x9e3779b1);
    // Slot 0 is for those that no slot fits.
    const slot = Math.imul(ends ^ length, 0x85ebca6b) >>> 22 || 1;
    if (this.#length[slot] === length && this.#isAt(slot, view, from, to)) return slot;
    return this.#learn(slot, bytes, view, from, to);
  }

  /** With KEY_SEED. */
  hashOf(slot: number): number {
    return this.#hash[slot] as number;
  }

  /** Its place in KNOWN_KEYS, or NOT_KNOWN. */
  numberOf(slot: number): number {
    return this.#number[slot] as number;
  }

  #isAt(slot: number, view: DataView, from: number, to: number): boolean {
    let word = slot * WORDS;
    for (let at = from; at + 4 < to; at += 4) {
      if (this.#words[word++] !== view.getInt32(at, true)) return false;
    }
    return this.#words[word] === view.getInt32(to - 4, true);
  }

  #learn(slot: number, bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const text = decodeUtf8(bytes, from, to);
    this.#hash[slot] = hashBytes(bytes, view, from, to, KEY_SEED);
    this.#number[slot] = numberByName.get(text) ?? NOT_KNOWN;
    if (slot === 0) return slot;
    this.#length[slot] = to - from;
    let word = slot * WORDS;
    for (let at = from; at + 4 < to; at += 4) this.#words[word++] = view.getInt32(at, true);
    this.#words[word] = view.getInt32(to - 4, true);
    return slot;
  }
}

export const seenKeys = new SeenKeys();
