import { hashBytes } from './hash-bytes.ts';

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

const UTF8 = new TextEncoder();
const SLOTS = 256;
const slotHash = new Uint32Array(SLOTS);
const slotKey = new Int16Array(SLOTS).fill(NOT_KNOWN);
const keyBytes: Uint8Array[] = KNOWN_KEYS.map((key) => UTF8.encode(key));

for (const [number, bytes] of keyBytes.entries()) {
  const hash = hashBytes(bytes, new DataView(bytes.buffer), 0, bytes.length, KEY_SEED);
  let slot = hash % SLOTS;
  while (slotKey[slot] !== NOT_KNOWN) slot = (slot + 1) % SLOTS;
  slotHash[slot] = hash;
  slotKey[slot] = number;
}

export function keyNumber(key: KnownKey): number {
  return KNOWN_KEYS.indexOf(key);
}

/** The number of the key at `from`…`to`, whose hash with KEY_SEED is `hash`, or NOT_KNOWN. */
export function findKnownKey(hash: number, bytes: Uint8Array, from: number, to: number): number {
  for (let slot = hash % SLOTS; ; slot = (slot + 1) % SLOTS) {
    const key = slotKey[slot] as number;
    if (key === NOT_KNOWN) return NOT_KNOWN;
    if (slotHash[slot] === hash && isKey(keyBytes[key] as Uint8Array, bytes, from, to)) return key;
  }
}

function isKey(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[from + i]) return false;
  return true;
}
