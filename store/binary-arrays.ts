import type pg from 'pg';

/** From pg_type.dat. */
const OID_BYTEA = 17;
const OID_INT8 = 20;
const OID_INT2 = 21;
const OID_INT4 = 23;
const OID_TEXT = 25;

/** dimensions, has-nulls, element type, length, lower bound. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

/**
 * Arrays of one dimension as PostgreSQL sends and takes them in binary (array_recv in arrayfuncs.c). node-postgres sends
 * a Buffer as a binary parameter; anything else would be written as text, quoted, and parsed again: several times the
 * work on both sides.
 */
export function int2Array(values: readonly number[]): Buffer {
  return fixedArray(OID_INT2, 2, values, (buffer, value, at) => buffer.writeInt16BE(value, at));
}

export function int4Array(values: readonly number[]): Buffer {
  return fixedArray(OID_INT4, 4, values, (buffer, value, at) => buffer.writeInt32BE(value, at));
}

export function int8Array(values: readonly (number | bigint)[]): Buffer {
  return fixedArray(OID_INT8, 8, values, (buffer, value, at) =>
    buffer.writeBigInt64BE(BigInt(value), at),
  );
}

export function textArray(values: readonly string[]): Buffer {
  const size = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const buffer = newArray(OID_TEXT, values.length, size);
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = buffer.write(value, at + LENGTH_BYTES);
    buffer.writeInt32BE(length, at);
    at += LENGTH_BYTES + length;
  }
  return buffer;
}

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  const size = values.reduce((sum, value) => sum + value.length, 0);
  const buffer = newArray(OID_BYTEA, values.length, size);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value.length, at);
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

/** A statement that its connection parses and plans once, under `name`. */
export function prepared(
  name: string,
  text: string,
): (values: readonly unknown[]) => pg.QueryConfig {
  return (values) => ({ name, text, values: [...values] });
}

function fixedArray<T>(
  oid: number,
  bytes: number,
  values: readonly T[],
  write: (buffer: Buffer, value: T, at: number) => void,
): Buffer {
  const buffer = newArray(oid, values.length, values.length * bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(bytes, at);
    write(buffer, value, at);
    at += bytes;
  }
  return buffer;
}

/** With its header written; an empty array has no dimension. */
function newArray(oid: number, length: number, elementBytes: number): Buffer {
  if (length === 0) {
    const empty = Buffer.alloc(12);
    empty.writeInt32BE(oid, 8);
    return empty;
  }
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + length * LENGTH_BYTES + elementBytes);
  let at = 0;
  for (const value of [1, 0, oid, length, 1]) at = buffer.writeInt32BE(value, at);
  return buffer;
}
