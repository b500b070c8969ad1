import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Span, TraceId } from '#telemetry/span.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { decompress, decompressNow } from './codec.ts';

interface BlocksRow {
  readonly codec: number;
  readonly offsets: readonly number[];
  /** The compressed blocks from the first to the last that hold spans of the trace. */
  readonly bytes: Buffer;
}

/** Inflating so much takes about as long as handing it to another thread. */
const SMALL_BYTES = 64 * 1024;

/** All spans of one trace, each once, by start; [] when the trace is unknown. */
export async function readTrace(db: Database, traceId: TraceId): Promise<readonly Span[]> {
  if (!/^[0-9a-f]{32}$/.test(traceId)) return [];
  const id = Buffer.from(traceId, 'hex');
  const rows = await queryRows(db)<BlocksRow>`
    select s.codec, s.block_offsets[t.first_block + 1 : t.last_block + 2] as offsets,
           substring(s.payload from s.block_offsets[t.first_block + 1] + 1
                     for s.block_offsets[t.last_block + 2] - s.block_offsets[t.first_block + 1]) as bytes
    from trace_segment t join span_segment s on s.day = t.day and s.id = t.segment_id
    where t.trace_key = ${id.readBigInt64BE(8)}`;
  const spans: Span[] = [];
  for (const row of rows) {
    for (const block of await inflateBlocks(row)) {
      spans.push(...readSpans(block, (bytes, at) => id.equals(bytes.subarray(at, at + 16))));
    }
  }
  return sortedOnce(spans);
}

async function inflateBlocks({ codec, offsets, bytes }: BlocksRow): Promise<readonly Buffer[]> {
  const base = offsets[0] ?? 0;
  const compressed = offsets
    .slice(1)
    .map((end, i) => bytes.subarray((offsets[i] ?? 0) - base, end - base));
  if (bytes.length < SMALL_BYTES) return compressed.map((block) => decompressNow(codec, block));
  return await Promise.all(compressed.map((block) => decompress(codec, block)));
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
