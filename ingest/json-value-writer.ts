import { JsonInteger } from './json-integer.ts';
import { hexDigit, isHex, type JsonScanner, MINUS, NINE, QUOTE, ZERO } from './json-scanner.ts';
import { writeUnescaped } from './json-unescape.ts';
import type { JsonField, ScalarKind } from './otlp-json-message.ts';
import type { ProtobufWriter } from './protobuf-writer.ts';

const LETTER_F = 0x66;
const LETTER_T = 0x74;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const NON_FINITE = new Set(['NaN', 'Infinity', '-Infinity']);
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Reads one scalar of OTLP/JSON and writes it in protobuf, without its tag. */
export class JsonValueWriter {
  readonly #scanner: JsonScanner;
  readonly #out: ProtobufWriter;
  readonly #integer = new JsonInteger();

  constructor(scanner: JsonScanner, out: ProtobufWriter) {
    this.#scanner = scanner;
    this.#out = out;
  }

  /** True when a value of this kind stood there and was written; of the wrong type it is left untouched. */
  write(field: JsonField, kind: ScalarKind, first: number): boolean {
    if (kind === 'string') return first === QUOTE && this.#text();
    if (kind === 'id') return first === QUOTE && this.#id(field);
    if (kind === 'bytes') return first === QUOTE && this.#base64();
    if (kind === 'bool') return this.#bool(first);
    if (!isNumeric(first)) return false;
    return kind === 'double' ? this.#double(first) : this.#integerOf(kind);
  }

  #text(): true {
    const scanner = this.#scanner;
    scanner.string();
    const { textStart, textEnd } = scanner;
    if (scanner.hasEscapes) {
      writeUnescaped(this.#out, scanner.bytes, textStart, textEnd);
    } else {
      this.#out.varint(textEnd - textStart);
      this.#out.raw(scanner.bytes, textStart, textEnd);
    }
    return true;
  }

  #bool(first: number): boolean {
    if (first !== LETTER_T && first !== LETTER_F) return false;
    this.#scanner.literal(first === LETTER_T ? 'true' : 'false');
    this.#out.byte(first === LETTER_T ? 1 : 0);
    return true;
  }

  #id(field: JsonField): boolean {
    this.#scanner.string();
    const { bytes, textStart, textEnd } = this.#scanner;
    const digits = textEnd - textStart;
    if (digits === 0 && field.idMayBeEmpty) {
      this.#out.byte(0);
      return true;
    }
    if (digits !== field.idBytes * 2 || !isHex(bytes, textStart, textEnd)) return false;
    this.#out.byte(field.idBytes);
    for (let at = textStart; at < textEnd; at += 2) {
      this.#out.byte((hexDigit(bytes[at]) << 4) | hexDigit(bytes[at + 1]));
    }
    return true;
  }

  #base64(): boolean {
    this.#scanner.string();
    const { bytes, textStart, textEnd } = this.#scanner;
    const text = bytes.toString('latin1', textStart, textEnd).replaceAll('\\/', '/');
    const unpadded = text.replace(/=+$/, '').length;
    if (!BASE64.test(text) || unpadded % 4 === 1) return false;
    const value = Buffer.from(text, 'base64');
    this.#out.varint(value.length);
    this.#out.raw(value, 0, value.length);
    return true;
  }

  #double(first: number): boolean {
    const scanner = this.#scanner;
    let start = scanner.at;
    let end: number;
    if (first === QUOTE) {
      scanner.string();
      start = scanner.textStart;
      end = scanner.textEnd;
    } else {
      scanner.number();
      end = scanner.at;
    }
    const text = scanner.bytes.toString('latin1', start, end);
    const isNumber = first !== QUOTE || NON_FINITE.has(text) || DECIMAL.test(text);
    if (isNumber) this.#out.double(Number(text));
    return isNumber;
  }

  #integerOf(kind: IntegerKind): boolean {
    const integer = this.#integer;
    return integer.read(this.#scanner) && WRITE_INTEGER[kind](integer, this.#out);
  }
}

type IntegerKind = Exclude<ScalarKind, 'string' | 'bool' | 'bytes' | 'id' | 'double'>;
type WriteInteger = (integer: JsonInteger, out: ProtobufWriter) => boolean;

const writeFixed64 = (integer: JsonInteger, out: ProtobufWriter): true => {
  out.fixed64(integer.high, integer.low);
  return true;
};
const writeVarint64 = (integer: JsonInteger, out: ProtobufWriter): true => {
  out.varint64(integer.high, integer.low);
  return true;
};
const writeLow = (integer: JsonInteger, out: ProtobufWriter): true => {
  out.varint(integer.low);
  return true;
};

/** False when the number is outside of the type. */
const WRITE_INTEGER: Readonly<Record<IntegerKind, WriteInteger>> = {
  fixed64: (integer, out) => integer.toUint64() && writeFixed64(integer, out),
  sfixed64: (integer, out) => integer.toInt64() && writeFixed64(integer, out),
  int64: (integer, out) => integer.toInt64() && writeVarint64(integer, out),
  uint64: (integer, out) => integer.toUint64() && writeVarint64(integer, out),
  // Names must not be used, and a number in quotes would be one.
  enum: (integer, out) => !integer.wasQuoted && integer.toInt32() && writeVarint64(integer, out),
  uint32: (integer, out) => integer.toUint32() && writeLow(integer, out),
  sint32: (integer, out) => integer.toSint32() && writeLow(integer, out),
  fixed32: (integer, out) => {
    if (!integer.toUint32()) return false;
    out.fixed32(integer.low);
    return true;
  },
};

function isNumeric(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === MINUS || byte === QUOTE;
}
