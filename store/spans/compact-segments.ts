import type pg from 'pg';
import type { SpanGroup } from '#telemetry/span-batch.ts';
import { countOut } from '../call-edges/count-out.ts';
import type { Shard } from '../client.ts';
import { SegmentBuilder } from './build-segment.ts';
import { noteAttributes } from './note-attributes.ts';
import { asBatches, gatherSpans, type PlacedSpan } from './placed-spans.ts';
import { readSegmentSpans, type StoredSpans } from './read-segment-spans.ts';
import { takeOutRepeats } from './take-out-repeats.ts';
import { writeSegments } from './write-segments.ts';

/** Segments that are younger may still be joined by others of the same traces. */
const SETTLE_MS = 60_000;
/** A block holds whole traces up to so many bytes, before compression. */
const BLOCK_BYTES = 96 * 1024;
const LEVEL = 1;
/** Few enough that a search for one attribute value inflates little, many enough that the filter says no to most. */
const COMPACTED_SPANS = 6000;
/** Of a run: several segments, so that traces that lie in some of them come together, and within MAX_SEGMENT_SPANS. */
const RUN_SPANS = 3 * COMPACTED_SPANS;
/** One compaction at a time, whoever does it. */
const COMPACTION_LOCK = 7_310_001;
const SEGMENT_ID_SHIFT = 20n;

export interface Compaction {
  readonly segmentsBefore: number;
  readonly segmentsAfter: number;
  /** Spans that had come before, in different requests. */
  readonly duplicates: number;
}

interface SegmentRow extends StoredSpans {
  readonly day: number;
  readonly id: string;
}

/**
 * Merges one run of small segments into large ones, grouped by trace, in one transaction: readers see either the small
 * ones or the large ones. Spans that came more than once are kept once, and taken out of the roll-ups as often as they were
 * counted too often. undefined when there is nothing to do. `nowMs` is the present.
 */
export async function compactSegments(db: Shard, nowMs: number): Promise<Compaction | undefined> {
  const client = await db.pool.connect();
  let failed = true;
  try {
    await client.query('begin');
    const done = await compactOnce(client, nowMs);
    await client.query('commit');
    failed = false;
    return done;
  } finally {
    client.release(failed);
  }
}

async function compactOnce(client: pg.PoolClient, nowMs: number): Promise<Compaction | undefined> {
  const lock = await client.query('select pg_try_advisory_xact_lock($1) as taken', [
    COMPACTION_LOCK,
  ]);
  if (!lock.rows[0]?.taken) return undefined;
  const rows = await nextRun(client, nowMs);
  const day = rows[0]?.day;
  if (day === undefined) return undefined;
  const batches = await Promise.all(rows.map(readSegmentSpans));
  await noteAttributes(client, batches, Math.floor(nowMs / 1000));
  const ids = rows.map(({ id }) => id);
  const { traces, repeats, namesakes } = gatherSpans(batches);
  const keys = [...traces.keys()].map(traceKey);
  const stored = await takeOutRepeats(client, traces, { day, ids });
  await countOut(client, asBatches([...repeats, ...stored]));
  const order = [...traces.values()]
    .filter((spans) => spans.size > 0)
    .map((spans) => [...spans.values()]);
  const segments = await writeOrdered(client, day, order);
  await client.query('delete from span_segment where day = $1 and id = any($2::int8[])', [
    day,
    ids,
  ]);
  await client.query(
    'delete from trace_segment where day = $1 and trace_key = any($2::int8[]) and segment_id = any($3::int8[])',
    [day, keys, ids],
  );
  return {
    segmentsBefore: rows.length,
    segmentsAfter: segments,
    duplicates: repeats.length + stored.length + namesakes,
  };
}

/** Returns the number of segments. The next one is put together while other threads compress the one before. */
async function writeOrdered(
  client: pg.PoolClient,
  day: number,
  order: readonly (readonly PlacedSpan[])[],
): Promise<number> {
  const segments = await Promise.all(
    inSegments(order).map((traces) =>
      buildOrdered(traces).finish({ compression: 'small', level: LEVEL }),
    ),
  );
  if (segments.length > 0) await writeSegments(client, day, segments);
  return segments.length;
}

/** Whole traces, and about as many spans in each segment. */
function inSegments(
  order: readonly (readonly PlacedSpan[])[],
): readonly (readonly PlacedSpan[])[][] {
  const spans = order.reduce((sum, trace) => sum + trace.length, 0);
  const share = spans / Math.ceil(spans / COMPACTED_SPANS);
  const segments: (readonly PlacedSpan[])[][] = [];
  let taken = 0;
  for (const trace of order) {
    if (taken >= share * segments.length) segments.push([]);
    segments.at(-1)?.push(trace);
    taken += trace.length;
  }
  return segments;
}

/** The oldest settled segments of one day and one stretch of time that fit into a run. */
async function nextRun(client: pg.PoolClient, nowMs: number): Promise<readonly SegmentRow[]> {
  const settledBefore = BigInt(nowMs - SETTLE_MS) << SEGMENT_ID_SHIFT;
  const candidates = await client.query<{
    day: number;
    id: string;
    span_count: number;
    epoch: string;
  }>(
    `select day, id, span_count, (min_start >> 51)::text as epoch from span_segment
     where level < $1 and id < $2 and day >= 0 order by day, epoch, id limit 2000`,
    [LEVEL, settledBefore],
  );
  const [first] = candidates.rows;
  if (first === undefined) return [];
  const run: string[] = [];
  let spans = 0;
  for (const row of candidates.rows) {
    const fits = spans + row.span_count <= RUN_SPANS || run.length === 0;
    if (row.day !== first.day || row.epoch !== first.epoch || !fits) break;
    run.push(row.id);
    spans += row.span_count;
  }
  const { rows } = await client.query<SegmentRow>(
    `select day, id, codec, columns, block_offsets, payload from span_segment
     where day = $1 and id = any($2::int8[]) order by id`,
    [first.day, run],
  );
  return rows;
}

/** Whole traces to a block, and within it the spans of one sender together: they share bytes. */
function buildOrdered(traces: readonly (readonly PlacedSpan[])[]): SegmentBuilder {
  const builder = new SegmentBuilder(traces.reduce((sum, spans) => sum + spans.length, 0));
  const senders = new Senders();
  let block: { readonly span: PlacedSpan; readonly sender: number }[] = [];
  let bytes = 0;
  const close = (): void => {
    block.sort((a, b) => a.sender - b.sender);
    for (const { span } of block) builder.add(span.batch, span.i);
    builder.cutBlock();
    block = [];
    bytes = 0;
  };
  for (const spans of traces) {
    for (const span of spans) {
      block.push({ span, sender: senders.numberOf(span) });
      bytes += (span.batch.spanTo[span.i] as number) - (span.batch.spanFrom[span.i] as number);
    }
    if (bytes >= BLOCK_BYTES) close();
  }
  if (block.length > 0) close();
  return builder;
}

/** Numbers resources with their scopes by what they say: each request brought its own copy of them. */
class Senders {
  readonly #ofGroup = new Map<SpanGroup | undefined, number>();
  readonly #ofText = new Map<string, number>();

  numberOf({ batch, i }: PlacedSpan): number {
    const group = batch.groups[batch.groupOf[i] as number];
    const known = this.#ofGroup.get(group);
    if (known !== undefined) return known;
    const text = group === undefined ? '' : `${latin1(group.resource)}\0${latin1(group.scope)}`;
    const number = this.#ofText.get(text) ?? this.#ofText.size;
    this.#ofText.set(text, number);
    this.#ofGroup.set(group, number);
    return number;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The right half of the trace id, as in trace_segment. */
function traceKey(trace: string): bigint {
  return Buffer.from(trace, 'latin1').readBigInt64BE(8);
}
