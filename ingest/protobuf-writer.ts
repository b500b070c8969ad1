import { TooLargeError } from './export-refusal.ts';

/** Up to here a loop is faster than Buffer's own copy. */
const SHORT_COPY_BYTES = 24;

/**
 * Appends protobuf fields to one growing buffer. Numbers of 64 bits come as two halves, so that no digit is lost and no
 * bigint is made. https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #bytes: Buffer;
  #length = 0;
  readonly #limitBytes: number;

  constructor(capacityBytes: number, limitBytes = Number.POSITIVE_INFINITY) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(64, capacityBytes));
    this.#limitBytes = limitBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** A view of what was written. Later writes may change it. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets everything written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned number of up to 32 bits. */
  varint(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#grow(5);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** Two's complement; a negative number takes ten bytes, as protobuf's int32 and int64 do. */
  varint64(high: number, low: number): void {
    let restHigh = high >>> 0;
    let restLow = low >>> 0;
    while (restHigh > 0 || restLow > 127) {
      this.byte((restLow & 127) | 128);
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0;
      restHigh >>>= 7;
    }
    this.byte(restLow);
  }

  fixed32(value: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow(4);
    this.#length = this.#bytes.writeUInt32LE(value >>> 0, this.#length);
  }

  fixed64(high: number, low: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    this.#bytes.writeUInt32LE(low >>> 0, this.#length);
    this.#length = this.#bytes.writeUInt32LE(high >>> 0, this.#length + 4);
  }

  double(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** `source[start, end)` as it is, without a length before it. */
  raw(source: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#length + size > this.#bytes.length) this.#grow(size);
    if (size > SHORT_COPY_BYTES) {
      source.copy(this.#bytes, this.#length, start, end);
    } else {
      const bytes = this.#bytes;
      let at = this.#length;
      for (let from = start; from < end; from++) bytes[at++] = source[from] ?? 0;
    }
    this.#length += size;
  }

  text(field: number, value: string): void {
    this.varint((field << 3) | 2);
    const size = Buffer.byteLength(value);
    this.varint(size);
    if (this.#length + size > this.#bytes.length) this.#grow(size);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /**
   * Leaves room for a length of `width` bytes and returns the place to hand to `closeLength`. A good guess of the width
   * saves moving the content afterwards.
   */
  openLength(width: number): number {
    if (this.#length + width > this.#bytes.length) this.#grow(width);
    this.#length += width;
    return this.#length;
  }

  closeLength(start: number, width: number): void {
    const size = this.#length - start;
    const needed = varintBytes(size);
    if (needed !== width) {
      if (needed > width && this.#length + needed > this.#bytes.length) this.#grow(needed);
      this.#bytes.copyWithin(start - width + needed, start, this.#length);
      this.#length += needed - width;
    }
    // Not by varint(): the bytes behind the length are taken already.
    const bytes = this.#bytes;
    let at = start - width;
    let rest = size;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at] = rest;
  }

  #grow(byBytes: number): void {
    const needed = this.#length + byBytes;
    if (needed > this.#limitBytes) throw new TooLargeError(this.#limitBytes);
    const grown = Buffer.allocUnsafeSlow(
      Math.max(needed, Math.min(this.#bytes.length * 2, this.#limitBytes)),
    );
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
