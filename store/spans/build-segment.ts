import { randomInt } from 'node:crypto';
import { NO_HOP, type SpanBatch, type SpanGroup } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';
import { buildFilter, HashSet } from './attribute-filter.ts';
import { BlockFramer } from './block-framer.ts';
import { type Compression, codecOf, compress, compressColumns } from './codec.ts';
import { encodeColumns, toFlags } from './segment-columns.ts';
import { TraceTable } from './trace-table.ts';

/** As many as the 16-bit columns can number; a segment is cut before that. */
export const MAX_SEGMENT_SPANS = 20_000;
const STATUS_ERROR = 2;
/** Attribute values that no other span of the segment has; more only make the table grow. */
const DISTINCT_PER_SPAN = 4;
/** A power of two. */
const NAME_SLOTS = 1024;
const NO_NAME = -1;

/** A row of span_segment with its rows of trace_segment. */
export interface Segment {
  readonly id: bigint;
  readonly minStart: bigint;
  readonly maxStart: bigint;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly maxDurationNs: number;
  readonly modes: number;
  readonly services: readonly string[];
  readonly level: number;
  readonly columns: Buffer;
  readonly filter: Uint8Array;
  readonly filterBlocks: number;
  readonly blockOffsets: readonly number[];
  readonly codec: number;
  readonly payload: Buffer;
  /** 16 bytes a trace, and the first and last block that holds spans of it. */
  readonly traceIds: Uint8Array;
  readonly firstBlocks: Uint16Array;
  readonly lastBlocks: Uint16Array;
}

/** Gathers spans one by one; `finish` compresses what was gathered. */
export class SegmentBuilder {
  readonly #traces: TraceTable;
  readonly #framer = new BlockFramer();
  readonly #hashes: HashSet;
  readonly #services = new Map<string, number>();
  readonly #names = new Map<string, number>();
  readonly #firstBlocks: Uint16Array;
  readonly #lastBlocks: Uint16Array;
  readonly #startLow: Uint32Array;
  readonly #startHigh: Uint32Array;
  readonly #durations: Float64Array;
  readonly #traceOf: Uint16Array;
  readonly #serviceOf: Uint16Array;
  readonly #nameOf: Uint16Array;
  readonly #flags: Uint16Array;
  readonly #idTail: Uint16Array;
  #count = 0;
  #errors = 0;
  #modes = 0;
  // Of the span before: most spans share them with it.
  #group: SpanGroup | undefined;
  #groupService = 0;
  #nameTable: readonly string[] | undefined;
  /** By number in the table, some: what the index of a name is here. */
  readonly #indexedNames = new Int32Array(NAME_SLOTS);
  readonly #nameIndexes = new Uint16Array(NAME_SLOTS);

  /** `capacity` is at most MAX_SEGMENT_SPANS. */
  constructor(capacity: number) {
    this.#traces = new TraceTable(capacity);
    this.#hashes = new HashSet(capacity * DISTINCT_PER_SPAN);
    this.#firstBlocks = new Uint16Array(capacity);
    this.#lastBlocks = new Uint16Array(capacity);
    this.#startLow = new Uint32Array(capacity);
    this.#startHigh = new Uint32Array(capacity);
    this.#durations = new Float64Array(capacity);
    this.#traceOf = new Uint16Array(capacity);
    this.#serviceOf = new Uint16Array(capacity);
    this.#nameOf = new Uint16Array(capacity);
    this.#flags = new Uint16Array(capacity);
    this.#idTail = new Uint16Array(capacity);
  }

  add(batch: SpanBatch, i: number): void {
    const n = this.#count++;
    const group = batch.groups[batch.groupOf[i] as number] as SpanGroup;
    if (group !== this.#group) this.#enterGroup(group);
    const knownTraces = this.#traces.count;
    const trace = this.#traces.add(batch.traceIds, i * 16);
    const block = this.#framer.add(
      group,
      batch.bytes,
      batch.spanFrom[i] as number,
      batch.spanTo[i] as number,
    );
    if (trace === knownTraces) this.#firstBlocks[trace] = block;
    this.#lastBlocks[trace] = block;
    this.#startLow[n] = batch.startLow[i] as number;
    this.#startHigh[n] = batch.startHigh[i] as number;
    this.#durations[n] = batch.durationNs[i] as number;
    this.#traceOf[n] = trace;
    this.#serviceOf[n] = this.#groupService;
    this.#nameOf[n] = this.#indexOfName(batch, i);
    this.#addFlags(batch, i, n);
    this.#idTail[n] =
      ((batch.spanIds[i * 8 + 6] as number) << 8) | (batch.spanIds[i * 8 + 7] as number);
    const hashEnd = batch.hashEnd[i] as number;
    for (let h = i === 0 ? 0 : (batch.hashEnd[i - 1] as number); h < hashEnd; h++) {
      this.#hashes.add(batch.attributeHashes[h] as number);
    }
  }

  /** What comes next begins a new block. */
  cutBlock(): void {
    this.#framer.cut();
  }

  async finish(options: {
    readonly compression: Compression;
    readonly level: number;
  }): Promise<Segment> {
    const blocks = this.#framer.finish();
    const [columns, ...payload] = await Promise.all([
      compressColumns(Buffer.from(this.#encodeColumns().buffer), options.compression),
      ...blocks.map((block) => compress(block, options.compression)),
    ]);
    this.#framer.release();
    const filter = buildFilter(this.#hashes.values());
    const traces = this.#traces.count;
    return {
      id: newSegmentId(),
      minStart: this.#minStart(),
      maxStart: this.#maxStart(),
      spanCount: this.#count,
      errorCount: this.#errors,
      maxDurationNs: this.#durations.subarray(0, this.#count).reduce((a, b) => Math.max(a, b), 0),
      modes: this.#modes,
      services: [...this.#services.keys()].map(toPgText),
      level: options.level,
      columns,
      filter: filter.bytes,
      filterBlocks: filter.blocks,
      blockOffsets: toOffsets(payload),
      codec: codecOf(options.compression),
      payload: Buffer.concat(payload),
      traceIds: this.#traces.ids,
      firstBlocks: this.#firstBlocks.subarray(0, traces),
      lastBlocks: this.#lastBlocks.subarray(0, traces),
    };
  }

  #enterGroup(group: SpanGroup): void {
    this.#group = group;
    this.#groupService = indexIn(this.#services, group.service);
    for (const hash of group.attributeHashes) this.#hashes.add(hash);
  }

  #indexOfName(batch: SpanBatch, i: number): number {
    if (this.#nameTable !== batch.names) {
      this.#nameTable = batch.names;
      this.#indexedNames.fill(NO_NAME);
    }
    const id = batch.nameOf[i] as number;
    const slot = id & (NAME_SLOTS - 1);
    if (this.#indexedNames[slot] !== id) {
      this.#indexedNames[slot] = id;
      this.#nameIndexes[slot] = indexIn(this.#names, batch.names[id] ?? '');
    }
    return this.#nameIndexes[slot] as number;
  }

  #addFlags(batch: SpanBatch, i: number, n: number): void {
    const kind = batch.kind[i] as number;
    const status = batch.status[i] as number;
    const mode = batch.mode[i] as number;
    if (status === STATUS_ERROR) this.#errors++;
    if (mode !== NO_HOP) this.#modes |= 1 << mode;
    const isComplete = batch.endSecond[i] !== 0;
    this.#flags[n] = toFlags({
      kind,
      status,
      mode,
      isRoot: isZero(batch.parentIds, i * 8),
      isComplete,
    });
  }

  #minStart(): bigint {
    let high = 0xffffffff;
    let low = 0xffffffff;
    for (let i = 0; i < this.#count; i++) {
      const h = this.#startHigh[i] as number;
      const l = this.#startLow[i] as number;
      if (h < high || (h === high && l < low)) [high, low] = [h, l];
    }
    return toInt8(high, low);
  }

  #maxStart(): bigint {
    let high = 0;
    let low = 0;
    for (let i = 0; i < this.#count; i++) {
      const h = this.#startHigh[i] as number;
      const l = this.#startLow[i] as number;
      if (h > high || (h === high && l > low)) [high, low] = [h, l];
    }
    return toInt8(high, low);
  }

  #encodeColumns(): Uint8Array {
    const count = this.#count;
    const minStart = this.#minStart();
    const minLow = Number(minStart & 0xffffffffn);
    const minHigh = Number(minStart >> 32n);
    const [startLow, startHigh, durationLow, durationHigh] = Array.from(
      { length: 4 },
      () => new Uint32Array(count),
    ) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
    for (let i = 0; i < count; i++) {
      const offset =
        ((this.#startHigh[i] as number) - minHigh) * 2 ** 32 +
        ((this.#startLow[i] as number) - minLow);
      const duration = this.#durations[i] as number;
      startLow[i] = offset % 2 ** 32;
      startHigh[i] = Math.floor(offset / 2 ** 32);
      durationLow[i] = duration % 2 ** 32;
      durationHigh[i] = Math.floor(duration / 2 ** 32);
    }
    return encodeColumns({
      count,
      minStart,
      startLow,
      startHigh,
      durationLow,
      durationHigh,
      traceOf: this.#traceOf,
      serviceOf: this.#serviceOf,
      nameOf: this.#nameOf,
      flags: this.#flags,
      idTail: this.#idTail,
      traceIds: this.#traces.ids,
      services: [...this.#services.keys()],
      names: [...this.#names.keys()],
    });
  }
}

function indexIn(dictionary: Map<string, number>, word: string): number {
  let index = dictionary.get(word);
  if (index === undefined) {
    index = dictionary.size;
    dictionary.set(word, index);
  }
  return index;
}

function isZero(ids: Uint8Array, from: number): boolean {
  for (let k = 0; k < 8; k++) if (ids[from + k] !== 0) return false;
  return true;
}

const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

/** OTLP's instants are unsigned; what lies past the year 2262 counts as that year in the columns. */
function toInt8(high: number, low: number): bigint {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return value > MAX_INT8 ? MAX_INT8 : value;
}

function toOffsets(blocks: readonly Buffer[]): number[] {
  const offsets = [0];
  let at = 0;
  for (const block of blocks) {
    at += block.length;
    offsets.push(at);
  }
  return offsets;
}

/** Ascending with time, and unlike those of other ingesters: milliseconds, then 20 random bits. */
function newSegmentId(): bigint {
  return (BigInt(Date.now()) << 20n) | BigInt(randomInt(1 << 20));
}
