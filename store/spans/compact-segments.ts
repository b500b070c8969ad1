import type pg from 'pg';
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
 * Merges one run of small segments into a large one, grouped by trace, in one transaction: readers see either the small
 * ones or the large one. Spans that came more than once are kept once, and taken out of the roll-ups as often as they were
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
  for (const { bytes } of batches) await noteAttributes(client, bytes, Math.floor(nowMs / 1000));
  const ids = rows.map(({ id }) => id);
  const { traces, repeats, namesakes } = gatherSpans(batches);
  const keys = [...traces.keys()].map(traceKey);
  const stored = await takeOutRepeats(client, traces, { day, ids });
  await countOut(client, asBatches([...repeats, ...stored]));
  const order = [...traces.values()]
    .filter((spans) => spans.size > 0)
    .map((spans) => [...spans.values()]);
  await writeOrdered(client, day, order);
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
    segmentsAfter: order.length === 0 ? 0 : 1,
    duplicates: repeats.length + stored.length + namesakes,
  };
}

async function writeOrdered(
  client: pg.PoolClient,
  day: number,
  order: readonly (readonly PlacedSpan[])[],
): Promise<void> {
  if (order.length === 0) return;
  const segment = await buildOrdered(order).finish({ compression: 'small', level: LEVEL });
  await writeSegments(client, day, [segment]);
}

/** The oldest settled segments of one day and one stretch of time that fit into one. */
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
    const fits = spans + row.span_count <= COMPACTED_SPANS || run.length === 0;
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
  let block: PlacedSpan[] = [];
  let bytes = 0;
  const close = (): void => {
    const bySender = block.map((span) => ({ span, sender: senderOf(span) }));
    bySender.sort((a, b) => (a.sender < b.sender ? -1 : a.sender > b.sender ? 1 : 0));
    for (const { span } of bySender) builder.add(span.batch, span.i);
    builder.cutBlock();
    block = [];
    bytes = 0;
  };
  for (const spans of traces) {
    for (const span of spans) {
      block.push(span);
      bytes += (span.batch.spanTo[span.i] as number) - (span.batch.spanFrom[span.i] as number);
    }
    if (bytes >= BLOCK_BYTES) close();
  }
  if (block.length > 0) close();
  return builder;
}

function senderOf({ batch, i }: PlacedSpan): string {
  const group = batch.groups[batch.groupOf[i] as number];
  if (group === undefined) return '';
  return `${Buffer.from(group.resource).toString('latin1')}\0${Buffer.from(group.scope).toString('latin1')}`;
}

/** The right half of the trace id, as in trace_segment. */
function traceKey(trace: string): bigint {
  return Buffer.from(trace, 'latin1').readBigInt64BE(8);
}
