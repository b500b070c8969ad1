/** The bytes are not the message they claim to be; the whole request is refused. */
export class MalformedOtlp extends Error {
  override readonly name = 'MalformedOtlp';
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/** A cursor over protobuf's wire format: protobuf.dev/programming-guides/encoding. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Exact up to 2^53; past the end of the bytes it throws. */
  varint(): number {
    let byte = this.bytes[this.at++] as number;
    if (byte < 128) return byte;
    let value = byte & 127;
    let factor = 128;
    for (let i = 0; i < 9; i++) {
      byte = this.bytes[this.at++] as number;
      if (byte < 128) return value + byte * factor;
      value += (byte & 127) * factor;
      factor *= 128;
    }
    throw new MalformedOtlp('a number is longer than ten bytes, or cut off');
  }

  /** int64: two's complement in up to ten bytes. */
  int64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
    throw new MalformedOtlp('a number is longer than ten bytes, or cut off');
  }

  /** Reads a length and returns where its bytes end, which is never past `limit`. */
  lengthEnd(limit: number): number {
    const length = this.varint();
    const end = this.at + length;
    if (!(end <= limit))
      throw new MalformedOtlp('a field is longer than the message that holds it');
    return end;
  }

  fixed64(limit: number): bigint {
    if (this.at + 8 > limit) throw new MalformedOtlp('a number is cut off');
    const value = this.view.getBigUint64(this.at, true);
    this.at += 8;
    return value;
  }

  double(limit: number): number {
    if (this.at + 8 > limit) throw new MalformedOtlp('a number is cut off');
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** Passes over the value of a field that is of no interest, or unknown. */
  skip(tag: number, limit: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.varint();
        break;
      case WIRE_FIXED64:
        this.at += 8;
        break;
      case WIRE_BYTES:
        this.at = this.lengthEnd(limit);
        break;
      case WIRE_FIXED32:
        this.at += 4;
        break;
      default:
        throw new MalformedOtlp(`wire type ${tag & 7} does not exist in OTLP`);
    }
    if (this.at > limit) throw new MalformedOtlp('a field is cut off');
  }
}
