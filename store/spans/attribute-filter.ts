/**
 * Blocked Bloom filter (Putze, Sanders & Singler, Cache-, Hash- and Space-Efficient Bloom Filters, 2007): all bits of a
 * key lie in one block of 64 bytes, so that PostgreSQL answers a question about a segment with one short substring.
 */
const FILTER_BLOCK_BYTES = 64;
const BITS_PER_KEY = 12;
const BLOCK_BITS = FILTER_BLOCK_BYTES * 8;

export interface AttributeFilter {
  readonly bytes: Uint8Array;
  readonly blocks: number;
}

export function buildFilter(hashes: Uint32Array): AttributeFilter {
  const blocks = Math.max(1, Math.ceil((hashes.length * BITS_PER_KEY) / BLOCK_BITS));
  const bytes = new Uint8Array(blocks * FILTER_BLOCK_BYTES);
  for (const hash of hashes) setBits(bytes, (hash % blocks) * FILTER_BLOCK_BYTES, hash);
  return { bytes, blocks };
}

/** `block` is the block `hash % blocks` of a filter. False means certainly not in it. */
export function mayContain(block: Uint8Array, hash: number): boolean {
  for (let word = 0; word < 2; word++) {
    const bits = spread(hash, word);
    for (let shift = 0; shift < 27; shift += 9) {
      const bit = (bits >>> shift) & (BLOCK_BITS - 1);
      if (((block[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
  }
  return true;
}

function setBits(bytes: Uint8Array, from: number, hash: number): void {
  for (let word = 0; word < 2; word++) {
    const bits = spread(hash, word);
    for (let shift = 0; shift < 27; shift += 9) {
      const bit = (bits >>> shift) & (BLOCK_BITS - 1);
      const at = from + (bit >> 3);
      bytes[at] = (bytes[at] as number) | (1 << (bit & 7));
    }
  }
}

/** Two words of 27 useful bits, six bit numbers in all, independent of `hash % blocks`. */
function spread(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), word === 0 ? 0x9e3779b1 : 0x85ebca77);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** Most values repeat soon: these are known without a look into the large table, which is in no cache. */
const RECENT = 1024;

/** Distinct 32-bit hashes, open addressing. */
export class HashSet {
  #slots: Uint32Array;
  /** What the slots hold, in order of first sight: half as long as the slots, and full when they are. */
  #values: Uint32Array;
  readonly #recent = new Uint32Array(RECENT);
  #size = 0;
  #hasZero = false;

  constructor(expected: number) {
    let capacity = 1024;
    while (capacity < expected * 2) capacity *= 2;
    this.#slots = new Uint32Array(capacity);
    this.#values = new Uint32Array(capacity / 2);
  }

  add(hash: number): void {
    if (this.#recent[hash & (RECENT - 1)] === hash) {
      // An empty place looks like zero.
      this.#hasZero ||= hash === 0;
      return;
    }
    this.#recent[hash & (RECENT - 1)] = hash;
    this.#insert(hash);
  }

  #insert(hash: number): void {
    if (hash === 0) {
      this.#hasZero = true;
      return;
    }
    if (this.#size === this.#values.length) this.#grow();
    if (!place(this.#slots, hash)) return;
    this.#values[this.#size++] = hash;
  }

  /** Each once. */
  values(): Uint32Array {
    if (!this.#hasZero) return this.#values.subarray(0, this.#size);
    const values = new Uint32Array(this.#size + 1);
    values.set(this.#values.subarray(0, this.#size));
    return values;
  }

  #grow(): void {
    const values = this.#values;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    this.#values = new Uint32Array(values.length * 2);
    this.#values.set(values);
    for (const hash of values) place(this.#slots, hash);
  }
}

/** False: it was there. */
function place(slots: Uint32Array, hash: number): boolean {
  const mask = slots.length - 1;
  let slot = hash & mask;
  for (;;) {
    const held = slots[slot];
    if (held === hash) return false;
    if (held === 0) break;
    slot = (slot + 1) & mask;
  }
  slots[slot] = hash;
  return true;
}
