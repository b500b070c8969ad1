import { BytePool } from '#telemetry/byte-pool.ts';
import type { SpanGroup } from '#telemetry/span-batch.ts';

/** Large enough to compress well, small enough that one trace is read without inflating a whole segment. */
const BLOCK_BYTES = 128 * 1024;
/** Lengths are written before what they count is known: as varints of this many bytes, filled in later. */
const LENGTH_BYTES = 5;
const TAG_RESOURCE_SPANS = 0x0a;
const TAG_SCOPE_SPANS = 0x12;
const TAG_SPANS = 0x12;
const BUFFER_BYTES = BLOCK_BYTES + 32 * 1024;
/** Of a few segments at once. */
const pool = new BytePool(16 * 1024 * 1024);
const NOTHING = Buffer.alloc(0);

/**
 * Writes spans as OTLP TracesData again, in blocks that are messages of their own:
 *
 *   block    ResourceSpans { resource…, ScopeSpans { scope…, span, span, … } }  ResourceSpans { … }  …
 *
 * Each block repeats the resource and scope of its spans, byte for byte as they were sent.
 */
export class BlockFramer {
  readonly blocks: Buffer[] = [];
  /** What the blocks lie in. */
  readonly #borrowed: Buffer[] = [];
  #buffer: Buffer = NOTHING;
  #at = 0;
  #resourceLengthAt = -1;
  #scopeLengthAt = -1;
  #group: SpanGroup | undefined;
  // Spans that are not written yet: they stand one behind the other as they were sent, and are copied as one.
  #runBytes: Uint8Array = NOTHING;
  #runFrom = 0;
  #runTo = 0;

  /** Appends one span and returns the number of its block. */
  add(group: SpanGroup, bytes: Uint8Array, from: number, to: number): number {
    const size = to - from;
    if (this.#filled > 0 && this.#filled + size > BLOCK_BYTES) this.#closeBlock();
    if (this.#group !== group) this.#openGroup(group);
    // No room for anything but the shortest tag and length between the two.
    const isNext = this.#runBytes === bytes && from - 1 - varintBytes(size) === this.#runTo;
    if (!isNext) this.#beginRun(bytes, from, size);
    this.#runTo = to;
    return this.blocks.length;
  }

  cut(): void {
    if (this.#filled > 0) this.#closeBlock();
  }

  /** Bytes of the open block. */
  get #filled(): number {
    return this.#at + this.#runTo - this.#runFrom;
  }

  #beginRun(bytes: Uint8Array, from: number, size: number): void {
    this.#endRun();
    this.#reserve(size + 16);
    this.#buffer[this.#at++] = TAG_SPANS;
    this.#varint(size);
    this.#runBytes = bytes;
    this.#runFrom = from;
  }

  #endRun(): void {
    const size = this.#runTo - this.#runFrom;
    if (size > 0) {
      this.#reserve(size);
      // Not `subarray`: of a Buffer it makes a Buffer, which costs several times as much.
      const { buffer, byteOffset } = this.#runBytes;
      this.#put(new Uint8Array(buffer, byteOffset + this.#runFrom, size));
    }
    this.#runBytes = NOTHING;
    this.#runFrom = this.#runTo = 0;
  }

  finish(): readonly Buffer[] {
    this.cut();
    return this.blocks;
  }

  /** The blocks are read no more: others may be written where they lie. */
  release(): void {
    for (const buffer of this.#borrowed) pool.give(buffer);
    this.#borrowed.length = this.blocks.length = 0;
  }

  #openGroup(group: SpanGroup): void {
    this.#closeGroup();
    this.#group = group;
    this.#reserve(group.resource.length + group.scope.length + 32);
    this.#buffer[this.#at++] = TAG_RESOURCE_SPANS;
    this.#resourceLengthAt = this.#at;
    this.#at += LENGTH_BYTES;
    this.#put(group.resource);
    this.#buffer[this.#at++] = TAG_SCOPE_SPANS;
    this.#scopeLengthAt = this.#at;
    this.#at += LENGTH_BYTES;
    this.#put(group.scope);
  }

  #closeGroup(): void {
    if (this.#group === undefined) return;
    this.#endRun();
    this.#fillLength(this.#resourceLengthAt);
    this.#fillLength(this.#scopeLengthAt);
    this.#group = undefined;
  }

  #closeBlock(): void {
    this.#closeGroup();
    this.blocks.push(this.#buffer.subarray(0, this.#at));
    this.#borrowed.push(this.#buffer);
    this.#buffer = NOTHING;
    this.#at = 0;
  }

  #fillLength(at: number): void {
    let length = this.#at - at - LENGTH_BYTES;
    for (let k = 0; k < LENGTH_BYTES; k++) {
      this.#buffer[at + k] = (length & 127) | (k < LENGTH_BYTES - 1 ? 128 : 0);
      length >>>= 7;
    }
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  #put(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const wanted = Math.max(this.#at + bytes, this.#buffer.length * 2, BUFFER_BYTES);
    const larger = pool.take(wanted);
    this.#buffer.copy(larger, 0, 0, this.#at);
    pool.give(this.#buffer);
    this.#buffer = larger;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest >>>= 7) bytes++;
  return bytes;
}
