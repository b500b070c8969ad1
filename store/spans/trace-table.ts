/** Numbers the trace ids of a segment in order of first sight: open addressing over 16-byte keys. */
export class TraceTable {
  #ids: Uint8Array;
  #count = 0;
  readonly #slots: Int32Array;

  constructor(capacity: number) {
    let slots = 64;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots).fill(-1);
    this.#ids = new Uint8Array(capacity * 16);
  }

  get count(): number {
    return this.#count;
  }

  /** 16 bytes a trace. */
  get ids(): Uint8Array {
    return this.#ids.subarray(0, this.#count * 16);
  }

  /** The number of the trace whose id stands at `from`. */
  add(ids: Uint8Array, from: number): number {
    if (this.#count > 0 && this.#isAt(this.#count - 1, ids, from)) return this.#count - 1;
    const mask = this.#slots.length - 1;
    let slot = hashOf(ids, from) & mask;
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === -1) break;
      if (this.#isAt(held, ids, from)) return held;
      slot = (slot + 1) & mask;
    }
    this.#ids.set(ids.subarray(from, from + 16), this.#count * 16);
    this.#slots[slot] = this.#count;
    return this.#count++;
  }

  #isAt(trace: number, ids: Uint8Array, from: number): boolean {
    const at = trace * 16;
    for (let k = 15; k >= 0; k--) if (this.#ids[at + k] !== ids[from + k]) return false;
    return true;
  }
}

/** W3C Trace Context level 2: the right seven bytes are random. */
function hashOf(ids: Uint8Array, from: number): number {
  const a = word(ids, from + 8);
  const b = word(ids, from + 12);
  return Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
}

function word(ids: Uint8Array, at: number): number {
  return (
    (ids[at] as number) |
    ((ids[at + 1] as number) << 8) |
    ((ids[at + 2] as number) << 16) |
    ((ids[at + 3] as number) << 24)
  );
}
