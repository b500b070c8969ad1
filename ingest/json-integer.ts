import { type JsonScanner, MINUS, NINE, QUOTE, ZERO } from './json-scanner.ts';

const TWO_TO_32 = 0x1_0000_0000;
const TWO_TO_31 = 0x8000_0000;
/** 10^15 < 2^53: so many digits fit a number without rounding. */
const EXACT_DIGITS = 15;
/** 2^64 has twenty. */
const MAX_DIGITS = 20;
/** Nobody writes an integer longer, not even as `1.000e3`. */
const MAX_TOKEN_BYTES = 64;
const DECIMAL = /^(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * An integer of up to 64 bits in two halves, read without a bigint and without rounding. The halves hold the magnitude;
 * the `to…` methods check the range of a protobuf type and turn them into what goes on the wire.
 */
export class JsonInteger {
  high = 0;
  low = 0;
  isNegative = false;
  wasQuoted = false;

  /** Reads a number, or a decimal string (protobuf's JSON mapping takes both); false when it is no integer. */
  read(scanner: JsonScanner): boolean {
    this.wasQuoted = scanner.peek() === QUOTE;
    if (this.wasQuoted) {
      scanner.string();
      return this.#parse(scanner.bytes, scanner.textStart, scanner.textEnd);
    }
    const start = scanner.at;
    scanner.number();
    return this.#parse(scanner.bytes, start, scanner.at);
  }

  toUint64(): boolean {
    return !this.isNegative || (this.high === 0 && this.low === 0);
  }

  toInt64(): boolean {
    if (!this.isNegative) return this.high < TWO_TO_31;
    if (this.high > TWO_TO_31 || (this.high === TWO_TO_31 && this.low > 0)) return false;
    this.#negate();
    return true;
  }

  toUint32(): boolean {
    return this.high === 0 && this.toUint64();
  }

  /** int32 as protobuf writes it: sign-extended to 64 bits. */
  toInt32(): boolean {
    if (this.high !== 0 || this.low > TWO_TO_31) return false;
    if (!this.isNegative) return this.low < TWO_TO_31;
    this.#negate();
    return true;
  }

  /** ZigZag, as sint32: the sign in the lowest bit. Leaves the result in `low`. */
  toSint32(): boolean {
    if (!this.toInt32()) return false;
    this.low = ((this.low << 1) ^ (this.low >> 31)) >>> 0;
    return true;
  }

  #negate(): void {
    const low = (~this.low + 1) >>> 0;
    this.high = (~this.high + (low === 0 ? 1 : 0)) >>> 0;
    this.low = low;
  }

  #parse(bytes: Buffer, start: number, end: number): boolean {
    this.isNegative = bytes[start] === MINUS;
    const first = this.isNegative ? start + 1 : start;
    if (end - first <= MAX_DIGITS) {
      const exact = Math.min(end, first + EXACT_DIGITS);
      const head = digits(bytes, first, exact);
      const tail = digits(bytes, exact, end);
      if (head >= 0 && tail >= 0 && first < end) return this.#join(head, tail, 10 ** (end - exact));
    }
    return this.#parseLong(bytes, first, end);
  }

  /** head × scale + tail, where head < 10^15 and tail < scale ≤ 10^5. */
  #join(head: number, tail: number, scale: number): boolean {
    const headHigh = Math.floor(head / TWO_TO_32);
    const low = (head - headHigh * TWO_TO_32) * scale + tail;
    const carry = Math.floor(low / TWO_TO_32);
    this.high = headHigh * scale + carry;
    this.low = low - carry * TWO_TO_32;
    return this.high < TWO_TO_32;
  }

  /** `1e3` and `10.0` are integers to protobuf's JSON mapping. */
  #parseLong(bytes: Buffer, first: number, end: number): boolean {
    if (end - first > MAX_TOKEN_BYTES) return false;
    const [, whole, fraction = '', exponent = '0'] =
      DECIMAL.exec(bytes.toString('latin1', first, end)) ?? [];
    if (whole === undefined) return false;
    const shift = Number(exponent) - fraction.length;
    const mantissa = BigInt(whole + fraction);
    const scale = 10n ** BigInt(Math.abs(shift));
    if (shift < 0 && mantissa % scale !== 0n) return false;
    const value = shift < 0 ? mantissa / scale : mantissa * scale;
    this.high = Number(value >> 32n);
    this.low = Number(value & 0xffff_ffffn);
    return value < 1n << 64n;
  }
}

/** The number that `bytes[start, end)` spells, -1 when not all are digits; 0 when empty. */
function digits(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return -1;
    value = value * 10 + (byte - ZERO);
  }
  return value;
}
