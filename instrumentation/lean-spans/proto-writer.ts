/** Longer texts are left to the runtime's own encoder; for shorter ones the call costs more than the bytes. */
const SHORT_TEXT = 40;
const FIRST_BYTES = 64 * 1024;

/** Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), written into one buffer that grows. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;
  /** Of the key that was written last. */
  #isAscii = true;

  /** What was written from `start`; it stands until the next write. */
  view(start: number): Buffer {
    return this.#bytes.subarray(start, this.length);
  }

  /** Makes room for `count` bytes, and as many again. */
  ensure(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * (this.length + count));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }

  /** Room must have been made: this is the innermost step. */
  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  varint(value: number): void {
    this.ensure(10);
    let rest = value;
    // Most are small, and integers of 31 bits are quicker to take apart.
    for (; rest >= 0x80 && rest <= 0x7fff_ffff; rest >>= 7) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
    }
    while (rest >= 0x80) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length++] = rest;
  }

  /** An int64: a negative one takes ten bytes. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.ensure(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
  }

  fixed32(value: number): void {
    this.ensure(4);
    this.#uint32(value);
  }

  double(value: number): void {
    this.ensure(8);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  /** `seconds` since the epoch and `nanos` as fixed64 nanoseconds: a number would lose the last digits. */
  unixNano(seconds: number, nanos: number): void {
    this.ensure(8);
    const upper = Math.floor(seconds / 0x1_0000) * 1e9;
    const lower = (upper % 0x1_0000) * 0x1_0000 + (seconds % 0x1_0000) * 1e9 + nanos;
    const high = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000);
    this.#uint32(lower % 0x1_0000_0000);
    this.#uint32(high);
  }

  #uint32(value: number): void {
    const bytes = this.#bytes;
    const at = this.length;
    bytes[at] = value & 0xff;
    bytes[at + 1] = (value >>> 8) & 0xff;
    bytes[at + 2] = (value >>> 16) & 0xff;
    bytes[at + 3] = value >>> 24;
    this.length = at + 4;
  }

  raw(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Lower-case hexadecimal digits, two for each byte, with the count of the bytes before them. */
  hex(digits: string): void {
    const count = digits.length >> 1;
    this.ensure(count + 1);
    this.byte(count);
    const bytes = this.#bytes;
    let to = this.length;
    for (let at = 0; at < digits.length; at += 2) {
      bytes[to++] = (nibble(digits.charCodeAt(at)) << 4) | nibble(digits.charCodeAt(at + 1));
    }
    this.length = to;
  }

  /** UTF-8 with its length before it. */
  text(value: string): void {
    this.ensure(3 * value.length + 5);
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return;
    const at = this.open();
    this.length += this.#bytes.write(value, this.length, 'utf8');
    this.close(at);
  }

  /**
   * A KeyValue with a text (opentelemetry-proto, common.proto), as field `tag`. False = one of the two is long or not
   * ASCII, and nothing was written.
   */
  keyedText(tag: number, key: string, value: string): boolean {
    const valueSize = value.length + 2;
    const size = key.length + valueSize + 4;
    if (size >= 0x80) return false;
    const start = this.length;
    this.#key(tag, size, key, valueSize);
    this.#bytes[this.length++] = (1 << 3) | 2;
    if (this.#isAscii && this.#shortAscii(value)) return true;
    this.length = start;
    return false;
  }

  /** The same with an integer of 0 to 2^31 - 1. */
  keyedCount(tag: number, key: string, value: number): boolean {
    const valueSize = varintSize(value) + 1;
    const size = key.length + valueSize + 4;
    if (size >= 0x80) return false;
    const start = this.length;
    this.#key(tag, size, key, valueSize);
    this.#bytes[this.length++] = (3 << 3) | 0;
    this.varint(value);
    if (this.#isAscii) return true;
    this.length = start;
    return false;
  }

  #key(tag: number, size: number, key: string, valueSize: number): void {
    this.ensure(size + 2);
    const bytes = this.#bytes;
    bytes[this.length++] = tag;
    bytes[this.length++] = size;
    bytes[this.length++] = (1 << 3) | 2;
    this.#isAscii = this.#shortAscii(key);
    bytes[this.length++] = (2 << 3) | 2;
    bytes[this.length++] = valueSize;
  }

  /** Begins a part whose length comes before it in `lengthBytes` bytes, it is thought; `close` wants the same again. */
  open(lengthBytes = 1): number {
    this.ensure(lengthBytes);
    this.length += lengthBytes;
    return this.length - lengthBytes;
  }

  /** `at` is what `open` returned. A part that is longer or shorter than was thought moves to fit. */
  close(at: number, lengthBytes = 1): void {
    const size = this.length - at - lengthBytes;
    const more = varintSize(size) - lengthBytes;
    if (more !== 0) {
      this.ensure(more);
      this.#bytes.copyWithin(at + lengthBytes + more, at + lengthBytes, this.length);
    }
    const end = this.length + more;
    this.length = at;
    this.varint(size);
    this.length = end;
  }

  #shortAscii(value: string): boolean {
    const bytes = this.#bytes;
    let to = this.length;
    bytes[to++] = value.length;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) return false;
      bytes[to++] = code;
    }
    this.length = to;
    return true;
  }
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** Without a branch: which of them are letters is chance, and a processor that guesses wrong waits. */
function nibble(code: number): number {
  return (code & 15) + 9 * (code >> 6);
}
