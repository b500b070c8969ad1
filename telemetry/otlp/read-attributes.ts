import type { Attributes, AttributeValue } from '../span.ts';
import { readText } from './read-text.ts';
import { MalformedOtlp, type WireReader } from './wire-reader.ts';

/** Deeper than any sane attribute; a message made of nested lists must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Reads one KeyValue that ends at `end` into `into`; a repeated key keeps its last value. Of other keys than `keys`
 * nothing is read.
 */
export function readKeyValue(
  reader: WireReader,
  end: number,
  into: Map<string, AttributeValue>,
  keys?: ReadonlySet<string>,
): void {
  if (keys === undefined) readPair(reader, end, into, 0);
  else if (keys.has(keyOf(reader, end))) readPair(reader, end, into, 0);
  else reader.at = end;
}

/** The cursor stays where it is. */
function keyOf(reader: WireReader, end: number): string {
  const from = reader.at;
  let key = '';
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      const to = reader.lengthEnd(end);
      key = readText(reader.bytes, reader.at, to);
      reader.at = to;
    } else reader.skip(tag, end);
  }
  reader.at = from;
  return key;
}

function readPair(
  reader: WireReader,
  end: number,
  into: Map<string, AttributeValue>,
  depth: number,
): void {
  let key = '';
  let value: AttributeValue;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      const to = reader.lengthEnd(end);
      key = readText(reader.bytes, reader.at, to);
      reader.at = to;
    } else if (tag === 0x12) value = readAnyValue(reader, reader.lengthEnd(end), depth);
    else reader.skip(tag, end);
  }
  into.set(key, value);
}

/** opentelemetry/proto/common/v1/common.proto, AnyValue; undefined when none of its fields is set. */
function readAnyValue(reader: WireReader, end: number, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new MalformedOtlp('attributes are nested too deeply');
  let value: AttributeValue;
  while (reader.at < end) {
    const tag = reader.varint();
    const read = READ_VALUE[tag];
    if (read) value = read(reader, end, depth);
    else reader.skip(tag, end);
  }
  return value;
}

type ReadValue = (reader: WireReader, limit: number, depth: number) => AttributeValue;

/** By tag: field number << 3 | wire type. */
const READ_VALUE: Readonly<Record<number, ReadValue>> = {
  10: (reader, limit) => {
    const to = reader.lengthEnd(limit);
    const text = readText(reader.bytes, reader.at, to);
    reader.at = to;
    return text;
  },
  16: (reader) => reader.varint() !== 0,
  24: (reader) => reader.int64(),
  33: (reader, limit) => reader.double(limit),
  42: (reader, limit, depth) => {
    const values: AttributeValue[] = [];
    const to = reader.lengthEnd(limit);
    while (reader.at < to) {
      const tag = reader.varint();
      if (tag === 0x0a) values.push(readAnyValue(reader, reader.lengthEnd(to), depth + 1));
      else reader.skip(tag, to);
    }
    return values;
  },
  50: (reader, limit, depth) => Object.fromEntries(readKeyValues(reader, limit, depth + 1)),
  58: (reader, limit) => {
    const to = reader.lengthEnd(limit);
    const bytes = Uint8Array.from(reader.bytes.subarray(reader.at, to));
    reader.at = to;
    return bytes;
  },
};

/** A message whose field 1 is KeyValue, repeated: KeyValueList, and how the store keeps attributes. */
function readKeyValues(reader: WireReader, limit: number, depth = 0): Attributes {
  const values = new Map<string, AttributeValue>();
  const to = reader.lengthEnd(limit);
  while (reader.at < to) {
    const tag = reader.varint();
    if (tag === 0x0a) readPair(reader, reader.lengthEnd(to), values, depth);
    else reader.skip(tag, to);
  }
  return values;
}
