/** Longer texts are left to the runtime's own encoder; for shorter ones the call costs more than the bytes. */
const SHORT_TEXT = 40;
const FIRST_BYTES = 64 * 1024;

/** Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), written into one buffer that grows. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;

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
    this.length = this.#bytes.writeUInt32LE(value, this.length);
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
    this.length = this.#bytes.writeUInt32LE(lower % 0x1_0000_0000, this.length);
    this.length = this.#bytes.writeUInt32LE(high, this.length);
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
    for (let at = 0; at < digits.length; at += 2) {
      this.byte((nibble(digits.charCodeAt(at)) << 4) | nibble(digits.charCodeAt(at + 1)));
    }
  }

  /** UTF-8 with its length before it. */
  text(value: string): void {
    this.ensure(3 * value.length + 5);
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return;
    const at = this.open();
    this.length += this.#bytes.write(value, this.length, 'utf8');
    this.close(at);
  }

  /** Begins a part whose length comes before it; `close` wants what this returns. */
  open(): number {
    this.ensure(1);
    return this.length++;
  }

  /** One byte was left for the length; a part of 128 bytes or more moves to make room. */
  close(at: number): void {
    const size = this.length - at - 1;
    if (size < 0x80) {
      this.#bytes[at] = size;
      return;
    }
    const more = varintSize(size) - 1;
    this.ensure(more);
    this.#bytes.copyWithin(at + 1 + more, at + 1, this.length);
    const end = this.length + more;
    this.length = at;
    this.varint(size);
    this.length = end;
  }

  #shortAscii(value: string): boolean {
    const start = this.length;
    this.byte(value.length);
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x7f) {
        this.length = start;
        return false;
      }
      this.byte(code);
    }
    return true;
  }
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

function nibble(code: number): number {
  return code <= 57 ? code - 48 : code - 87;
}
