import { hashAscii, hashBytes, hashNumber, NOT_ASCII } from './hash-bytes.ts';
import {
  KEY_SEED,
  KNOWN_KEYS,
  type KnownKey,
  keyNumber,
  NOT_KNOWN,
  seenKeys,
} from './known-keys.ts';
import { checkUtf8, decodeUtf8 } from './string-table.ts';
import { MalformedOtlp, type WireReader } from './wire-reader.ts';

const MAX_DEPTH = 64;
/** Lengths below this are one byte each. */
const SHORT = 128;

const VALUE_STRING = 1;
const VALUE_BOOL = 2;
const VALUE_INT = 3;
const VALUE_DOUBLE = 4;
/** Lists, maps, bytes and nothing: found by reading, not by the filter. */
const VALUE_OTHER = 5;

/**
 * Walks attributes without making objects: checks them, hashes each key with its value for the segment's filter, and
 * notes where the values of known keys stand.
 */
export class AttributeScan {
  /** Hashes of what was walked since the owner last emptied it. */
  hashes = new Uint32Array(1024);
  hashCount = 0;
  /** Numbers of the known keys that the span at hand has, in `seen[0..seenCount)`. */
  readonly #seen = new Uint8Array(KNOWN_KEYS.length);
  #seenCount = 0;
  readonly #has = new Uint8Array(KNOWN_KEYS.length);
  readonly #from = new Uint32Array(KNOWN_KEYS.length);
  readonly #to = new Uint32Array(KNOWN_KEYS.length);
  readonly #type = new Uint8Array(KNOWN_KEYS.length);
  readonly #hash = new Uint32Array(KNOWN_KEYS.length);
  #valueType = VALUE_OTHER;
  #valueFrom = 0;
  #valueTo = 0;

  /** Forgets the known keys of the span before. */
  beginSpan(): void {
    for (let i = 0; i < this.#seenCount; i++) this.#has[this.#seen[i] as number] = 0;
    this.#seenCount = 0;
  }

  /** The known keys that the span at hand has, in the order in which it has them. */
  get seenCount(): number {
    return this.#seenCount;
  }

  seenAt(index: number): number {
    return this.#seen[index] as number;
  }

  /** Walks one KeyValue that ends at `end`. */
  keyValue(reader: WireReader, end: number): void {
    const { bytes, view, at } = reader;
    const valueAt = at + 2 + (bytes[at + 1] as number);
    const textAt = valueAt + 4;
    // Nearly all are a short key with a short string, in this order; the rest is read field by field.
    const isShortText =
      bytes[at] === 0x0a &&
      bytes[valueAt] === 0x12 &&
      valueAt + 2 + (bytes[valueAt + 1] as number) === end &&
      bytes[valueAt + 2] === 0x0a &&
      textAt + (bytes[valueAt + 3] as number) === end &&
      end - at < SHORT;
    if (isShortText) {
      this.#valueType = VALUE_STRING;
      this.#valueFrom = textAt;
      this.#valueTo = reader.at = end;
      const slot = seenKeys.find(bytes, view, at + 2, valueAt);
      const seed = seenKeys.hashOf(slot) ^ VALUE_STRING;
      const hash = hashAscii(bytes, view, textAt, end, seed);
      this.#put(slot, hash === NOT_ASCII ? hashChecked(bytes, view, textAt, end, seed) : hash);
    } else this.#keyValueByField(reader, end);
  }

  #keyValueByField(reader: WireReader, end: number): void {
    let keyFrom = 0;
    let keyTo = 0;
    this.#valueType = VALUE_OTHER;
    this.#valueFrom = this.#valueTo = reader.at;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x0a) {
        keyTo = reader.lengthEnd(end);
        keyFrom = reader.at;
        reader.at = keyTo;
      } else if (tag === 0x12) this.#anyValue(reader, reader.lengthEnd(end), 0);
      else reader.skip(tag, end);
    }
    this.#take(reader, keyFrom, keyTo);
  }

  #take(reader: WireReader, keyFrom: number, keyTo: number): void {
    const slot = seenKeys.find(reader.bytes, reader.view, keyFrom, keyTo);
    this.#put(slot, this.#valueHash(reader, seenKeys.hashOf(slot)));
  }

  #put(slot: number, hash: number): void {
    this.#pushHash(hash);
    const key = seenKeys.numberOf(slot);
    if (key !== NOT_KNOWN) this.#note(key, hash);
  }

  /** Of the value with its key; 0 when the span has no such attribute. */
  hashOf(key: number): number {
    return this.#has[key] === 1 ? (this.#hash[key] as number) : 0;
  }

  has(key: number): boolean {
    return this.#has[key] === 1;
  }

  /** The value as text; undefined when the span lacks it or it is a list, a map or bytes. */
  text(reader: WireReader, name: KnownKey): string | undefined {
    const key = keyNumber(name);
    if (this.#has[key] !== 1) return undefined;
    const from = this.#from[key] as number;
    const at = reader.at;
    reader.at = from;
    try {
      switch (this.#type[key]) {
        case VALUE_STRING:
          return decodeUtf8(reader.bytes, from, this.#to[key] as number);
        case VALUE_BOOL:
          return reader.varint() !== 0 ? 'true' : 'false';
        case VALUE_INT:
          return reader.int64().toString();
        case VALUE_DOUBLE:
          return String(reader.view.getFloat64(from, true));
        default:
          return undefined;
      }
    } finally {
      reader.at = at;
    }
  }

  /** Where a string value stands, for those who look at its bytes; undefined for what is no string. */
  range(key: number): { readonly from: number; readonly to: number } | undefined {
    if (this.#has[key] !== 1 || this.#type[key] !== VALUE_STRING) return undefined;
    return { from: this.#from[key] as number, to: this.#to[key] as number };
  }

  #note(key: number, hash: number): void {
    if (this.#has[key] === 0) this.#seen[this.#seenCount++] = key;
    this.#has[key] = 1;
    this.#from[key] = this.#valueFrom;
    this.#to[key] = this.#valueTo;
    this.#type[key] = this.#valueType;
    this.#hash[key] = hash;
  }

  #pushHash(hash: number): void {
    if (this.hashCount === this.hashes.length) {
      const larger = new Uint32Array(this.hashes.length * 2);
      larger.set(this.hashes);
      this.hashes = larger;
    }
    this.hashes[this.hashCount++] = hash;
  }

  #anyValue(reader: WireReader, end: number, depth: number): void {
    while (reader.at < end) {
      const tag = reader.varint();
      const type = tag < VALUE_OF_TAG.length ? (VALUE_OF_TAG[tag] as number) : 0;
      if (type === 0) {
        this.#compound(reader, tag, end, depth);
        continue;
      }
      const to = type === VALUE_STRING ? reader.lengthEnd(end) : 0;
      const from = reader.at;
      if (type === VALUE_STRING) {
        checkUtf8(reader.bytes, reader.view, from, to);
        reader.at = to;
      } else reader.skip(tag, end);
      if (depth > 0) continue;
      this.#valueType = type;
      this.#valueFrom = from;
      this.#valueTo = reader.at;
    }
    if (reader.at > end) throw new MalformedOtlp('an attribute value is cut off');
  }

  /** Lists and maps are walked to the bottom, so that what is stored can be read. */
  #compound(reader: WireReader, tag: number, end: number, depth: number): void {
    if (tag !== 42 && tag !== 50) {
      reader.skip(tag, end);
      return;
    }
    if (depth > MAX_DEPTH) throw new MalformedOtlp('attributes are nested too deeply');
    const to = reader.lengthEnd(end);
    while (reader.at < to) {
      const inner = reader.varint();
      if (inner !== 0x0a) reader.skip(inner, to);
      else if (tag === 42) this.#anyValue(reader, reader.lengthEnd(to), depth + 1);
      else this.#innerKeyValue(reader, reader.lengthEnd(to), depth + 1);
    }
    if (depth === 0) this.#valueType = VALUE_OTHER;
  }

  #innerKeyValue(reader: WireReader, end: number, depth: number): void {
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x12) this.#anyValue(reader, reader.lengthEnd(end), depth);
      else if (tag === 0x0a) {
        const to = reader.lengthEnd(end);
        checkUtf8(reader.bytes, reader.view, reader.at, to);
        reader.at = to;
      } else reader.skip(tag, end);
    }
  }

  #valueHash(reader: WireReader, keyHash: number): number {
    const from = this.#valueFrom;
    switch (this.#valueType) {
      case VALUE_STRING:
        return hashBytes(reader.bytes, reader.view, from, this.#valueTo, keyHash ^ VALUE_STRING);
      case VALUE_BOOL:
        return hashNumber((reader.bytes[from] as number) !== 0 ? 1 : 0, keyHash ^ VALUE_BOOL);
      case VALUE_INT:
        // Our own and all known encoders write shortest varints, so equal numbers are equal bytes.
        return hashBytes(reader.bytes, reader.view, from, this.#valueTo, keyHash ^ VALUE_INT);
      case VALUE_DOUBLE:
        return hashBytes(reader.bytes, reader.view, from, from + 8, keyHash ^ VALUE_DOUBLE);
      default:
        return otherHash(keyHash);
    }
  }
}

const VALUE_OF_TAG = new Uint8Array(64);
VALUE_OF_TAG[0x0a] = VALUE_STRING;
VALUE_OF_TAG[0x10] = VALUE_BOOL;
VALUE_OF_TAG[0x18] = VALUE_INT;
VALUE_OF_TAG[0x21] = VALUE_DOUBLE;

function hashChecked(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  seed: number,
): number {
  checkUtf8(bytes, view, from, to);
  return hashBytes(bytes, view, from, to, seed);
}

function otherHash(keyHash: number): number {
  return hashNumber(0, keyHash ^ VALUE_OTHER);
}

const UTF8 = new TextEncoder();

/** Whether the text may be that of a list, a map, bytes or nothing: see attributeText. */
export function isCompoundText(text: string): boolean {
  return text === '' || /^["[{]/.test(text);
}

/** The hashes under which `key=text` may have been noted, one for each type whose text it can be. */
export function searchHashes(key: string, text: string): readonly number[] {
  const keyHash = hashText(key, KEY_SEED);
  const hashes = [hashText(text, keyHash ^ VALUE_STRING)];
  if (isCompoundText(text)) hashes.push(otherHash(keyHash));
  if (text === 'true' || text === 'false') {
    hashes.push(hashNumber(text === 'true' ? 1 : 0, keyHash ^ VALUE_BOOL));
  }
  if (/^-?\d{1,19}$/.test(text)) {
    hashes.push(hashRange(varintOf(BigInt(text)), keyHash ^ VALUE_INT));
  }
  if (text !== '' && String(Number(text)) === text) {
    const double = new Uint8Array(8);
    new DataView(double.buffer).setFloat64(0, Number(text), true);
    hashes.push(hashRange(double, keyHash ^ VALUE_DOUBLE));
  }
  return hashes;
}

function hashText(text: string, seed: number): number {
  return hashRange(UTF8.encode(text), seed);
}

function hashRange(bytes: Uint8Array, seed: number): number {
  return hashBytes(
    bytes,
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
    bytes.length,
    seed,
  );
}

function varintOf(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
