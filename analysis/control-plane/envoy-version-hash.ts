/**
 * The number that Envoy's `version` gauges show for a version text: xxHash64 with seed 0 (envoy/common/hash.h), read as a
 * signed integer on its way through OTLP and kept as a double. Specification: github.com/Cyan4973/xxHash,
 * doc/xxhash_spec.md.
 */
export function envoyVersionGauge(version: string): number {
  return Number(BigInt.asIntN(64, xxHash64(new TextEncoder().encode(version))));
}

const MASK = 0xffff_ffff_ffff_ffffn;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const STRIPE_BYTES = 32;

function xxHash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stripes = Math.floor(bytes.length / STRIPE_BYTES);
  const start = stripes === 0 ? P5 : mergeStripes(view, stripes);
  return avalanche(addTail(wrap(start + BigInt(bytes.length)), view, stripes * STRIPE_BYTES));
}

function mergeStripes(view: DataView, stripes: number): bigint {
  const lanes = [wrap(P1 + P2), P2, 0n, wrap(-P1)];
  for (let stripe = 0; stripe < stripes; stripe++) {
    for (const [lane, sum] of lanes.entries()) {
      lanes[lane] = round(sum, view.getBigUint64(stripe * STRIPE_BYTES + lane * 8, true));
    }
  }
  const [a = 0n, b = 0n, c = 0n, d = 0n] = lanes;
  const sum = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
  return lanes.reduce((hash, lane) => wrap((hash ^ round(0n, lane)) * P1 + P4), sum);
}

function addTail(start: bigint, view: DataView, from: number): bigint {
  let hash = start;
  let at = from;
  for (; at + 8 <= view.byteLength; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true));
    hash = wrap(rotate(hash, 27n) * P1 + P4);
  }
  for (; at + 4 <= view.byteLength; at += 4) {
    hash ^= wrap(BigInt(view.getUint32(at, true)) * P1);
    hash = wrap(rotate(hash, 23n) * P2 + P3);
  }
  for (; at < view.byteLength; at++) {
    hash ^= wrap(BigInt(view.getUint8(at)) * P5);
    hash = wrap(rotate(hash, 11n) * P1);
  }
  return hash;
}

function avalanche(start: bigint): bigint {
  let hash = wrap((start ^ (start >> 33n)) * P2);
  hash = wrap((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

function round(sum: bigint, lane: bigint): bigint {
  return wrap(rotate(wrap(sum + lane * P2), 31n) * P1);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function wrap(value: bigint): bigint {
  return value & MASK;
}
