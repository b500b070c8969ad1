/** No hash: those are not negative. */
export const NOT_ASCII = -1;

/**
 * MurmurHash3, 32 bits (Austin Appleby, public domain): four bytes a step, so that hashing every attribute costs less
 * than reading it. `view` and `bytes` show the same memory.
 */
export function hashBytes(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  seed: number,
): number {
  let hash = seed;
  let at = from;
  for (; at + 4 <= to; at += 4) hash = mix(hash, view.getInt32(at, true));
  return scramble(mix(hash, tailWord(bytes, view, at, to)) ^ (to - from));
}

const HIGH_BITS = 0x80808080;

/** `hashBytes` of what is ASCII, and NOT_ASCII of anything else: both found in one walk. */
export function hashAscii(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  seed: number,
): number {
  let hash = seed;
  let seen = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = view.getInt32(at, true);
    seen |= word;
    hash = mix(hash, word);
  }
  const tail = tailWord(bytes, view, at, to);
  if (((seen | tail) & HIGH_BITS) !== 0) return NOT_ASCII;
  return scramble(mix(hash, tail) ^ (to - from));
}

/** The last one to three bytes as a word, 0 for none. */
function tailWord(bytes: Uint8Array, view: DataView, from: number, to: number): number {
  if (from + 4 <= bytes.length) return view.getInt32(from, true) & ~(-1 << ((to - from) * 8));
  let tail = 0;
  for (let at = from, shift = 0; at < to; at++, shift += 8) tail |= (bytes[at] as number) << shift;
  return tail;
}

/** Of one number, for values that are no byte range. */
export function hashNumber(value: number, seed: number): number {
  const high = Math.floor(value / 4_294_967_296);
  return scramble(mix(mix(seed, value | 0), high | 0));
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** Its finaliser: each bit of the input moves half of the output's. */
export function scramble(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
