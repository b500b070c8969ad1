import { once } from 'node:events';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const NULLS_END = -1;

/** Rows in PostgreSQL's binary COPY format: postgresql.org/docs/current/sql-copy.html, "Binary Format". */
export class CopyRows {
  #buffer: Buffer;
  #at: number;

  constructor(sizeHint = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(sizeHint);
    this.#at = SIGNATURE.copy(this.#buffer);
  }

  row(fields: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(fields, this.#at);
  }

  int2(value: number): void {
    this.#field(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int4(value: number): void {
    this.#field(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  int8(value: bigint): void {
    this.#field(8);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  /** From its two halves, without a bigint. */
  int8Halves(high: number, low: number): void {
    this.#field(8);
    this.#at = this.#buffer.writeInt32BE(high | 0, this.#at);
    this.#at = this.#buffer.writeInt32BE(low | 0, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#field(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  int4Array(values: readonly number[]): void {
    this.#arrayHeader(OID_INT4, values.length, 8 * values.length);
    for (const value of values) this.int4(value);
  }

  textArray(values: readonly string[]): void {
    const encoded = values.map((value) => Buffer.from(value));
    const size = encoded.reduce((sum, value) => sum + 4 + value.length, 0);
    this.#arrayHeader(OID_TEXT, values.length, size);
    for (const value of encoded) this.bytes(value);
  }

  end(): Buffer {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(NULLS_END, this.#at);
    return this.#buffer.subarray(0, this.#at);
  }

  /** dimensions, has-nulls, element type, then length and lower bound of the one dimension. */
  #arrayHeader(oid: number, length: number, elementBytes: number): void {
    const dimensions = length === 0 ? 0 : 1;
    this.#field(12 + dimensions * 8 + elementBytes, elementBytes);
    for (const value of [dimensions, 0, oid]) this.#at = this.#buffer.writeInt32BE(value, this.#at);
    if (dimensions === 0) return;
    for (const value of [length, 1]) this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  #field(length: number, follows = 0): void {
    this.#reserve(4 + length + follows);
    this.#at = this.#buffer.writeInt32BE(length, this.#at);
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes + 2;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

const OID_INT4 = 23;
const OID_TEXT = 25;

/** Runs `copy … from stdin (format binary)` with the given rows. */
export async function copyRows(client: pg.ClientBase, sql: string, rows: Buffer): Promise<void> {
  const stream = client.query(copyFrom(sql));
  const finished = once(stream, 'finish');
  stream.end(rows);
  await finished;
}
