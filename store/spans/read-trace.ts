import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Span, SpanId, TraceId } from '#telemetry/span.ts';
import type { Database, Shard } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { askOne, askShards, shardOf } from '../shards.ts';
import { decompress, decompressNow } from './codec.ts';

interface BlocksRow {
  readonly codec: number;
  readonly offsets: readonly number[];
  /** The compressed blocks from the first to the last that hold spans of the trace. */
  readonly bytes: Buffer;
}

/** Inflating so much takes about as long as handing it to another thread. */
const SMALL_BYTES = 64 * 1024;
/** Blocks of a large trace that are inflated side by side; between them others get their turn. */
const BLOCKS_AT_ONCE = 8;

/** Of a trace of more than `above` spans only these attributes are needed. */
export interface LeanReading {
  readonly keys: ReadonlySet<string>;
  readonly above: number;
}

/**
 * All spans of one trace, each once, by start; [] when the trace is unknown. With `lean`, a trace of at most so many spans
 * is read whole, and of a larger one most spans have only those attributes: a tenth of the work on 100,000.
 */
export async function readTrace(
  db: Database,
  traceId: TraceId,
  lean?: LeanReading,
): Promise<readonly Span[]> {
  const id = Buffer.from(traceId, 'hex');
  const spans: Span[] = [];
  // How large the trace is shows only while it is read; a span that came twice counts once.
  const seen = new Set<string>();
  for await (const block of readBlocks(db, traceId)) {
    const keys = lean !== undefined && seen.size >= lean.above ? lean.keys : undefined;
    for (const span of readSpans(block, (bytes, at) => isAt(bytes, at, id), keys)) {
      spans.push(span);
      seen.add(span.spanId);
    }
  }
  return sortedOnce(spans);
}

/** One span with all that was said of it; undefined when the trace has no such span. */
export async function readSpan(
  db: Database,
  traceId: TraceId,
  spanId: SpanId,
): Promise<Span | undefined> {
  const id = Buffer.from(traceId, 'hex');
  const wanted = Buffer.from(spanId, 'hex');
  for await (const block of readBlocks(db, traceId)) {
    if (!block.includes(wanted)) continue;
    const spans = readSpans(block, (bytes, at) => isAt(bytes, at, id));
    const found = spans.find((span) => span.spanId === spanId);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Inflated blocks that may hold spans of a trace. */
async function* readBlocks(db: Database, traceId: TraceId): AsyncGenerator<Buffer> {
  if (!/^[0-9a-f]{32}$/.test(traceId)) return;
  for (const { codec, offsets, bytes } of await readRows(db, Buffer.from(traceId, 'hex'))) {
    const base = offsets[0] ?? 0;
    const compressed = offsets
      .slice(1)
      .map((end, i) => bytes.subarray((offsets[i] ?? 0) - base, end - base));
    if (bytes.length < SMALL_BYTES) {
      for (const block of compressed) yield decompressNow(codec, block);
      continue;
    }
    for (let i = 0; i < compressed.length; i += BLOCKS_AT_ONCE) {
      const step = compressed.slice(i, i + BLOCKS_AT_ONCE);
      yield* await Promise.all(step.map((block) => decompress(codec, block)));
    }
  }
}

/** Of the trace's own shard. Where that has none, the trace may be older than the shard: then the others are asked. */
async function readRows(db: Database, id: Buffer): Promise<readonly BlocksRow[]> {
  const home = db.shards[shardOf(id, 0, db.shards.length)] ?? db;
  const key = id.readBigInt64BE(8);
  const ask = (shard: Shard): Promise<readonly BlocksRow[]> => readShard(shard, key);
  const rows = await askOne(home, ask);
  const shards = db.shards.filter((shard) => shard !== home);
  if (rows.length > 0 || shards.length === 0) return rows;
  return (await askShards({ ...db, shards }, ask)).flat();
}

async function readShard(db: Shard, key: bigint): Promise<readonly BlocksRow[]> {
  return await queryRows(db)<BlocksRow>`
    select s.codec, s.block_offsets[t.first_block + 1 : t.last_block + 2] as offsets,
           substring(s.payload from s.block_offsets[t.first_block + 1] + 1
                     for s.block_offsets[t.last_block + 2] - s.block_offsets[t.first_block + 1]) as bytes
    from trace_segment t join span_segment s on s.day = t.day and s.id = t.segment_id
    where t.trace_key = ${key}`;
}

function isAt(bytes: Uint8Array, at: number, id: Uint8Array): boolean {
  for (let k = 0; k < id.length; k++) if (bytes[at + k] !== id[k]) return false;
  return true;
}

/** A span that came again in another request is the same span: of equal ids the first is kept. */
export function sortedOnce(spans: readonly Span[]): readonly Span[] {
  const once = new Map<string, Span>();
  for (const span of spans) {
    const key = `${span.traceId}${span.spanId}`;
    if (!once.has(key)) once.set(key, span);
  }
  return [...once.values()].sort((a, b) => compare(a.startUnixNano, b.startUnixNano));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
