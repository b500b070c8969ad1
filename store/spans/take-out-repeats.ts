import type pg from 'pg';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { decompressColumns } from './codec.ts';
import { startAt } from './match-spans.ts';
import { isSameSpan, type PlacedSpan, type Traces } from './placed-spans.ts';
import { readSegmentSpans, type StoredSpans } from './read-segment-spans.ts';
import { decodeColumns, type SegmentColumns } from './segment-columns.ts';

/** Repeats of a span come within the sender's retries: no other day than the neighbours is asked. */
const DAYS_AROUND = 1;

/** Columns that are in memory at once. */
const SEGMENTS_AT_ONCE = 16;

interface SegmentKey {
  readonly day: number;
  readonly id: string;
}

/** Where the spans of `traces` were read from. */
interface Run {
  readonly day: number;
  readonly ids: readonly string[];
}

/**
 * Takes those spans out of `traces` that lie in another segment as well, and answers with them: they came again in other
 * requests. Of two such segments the one that is compacted first loses its copy; the other then has the only one.
 */
export async function takeOutRepeats(
  client: pg.ClientBase,
  traces: Traces,
  run: Run,
): Promise<readonly PlacedSpan[]> {
  const taken: PlacedSpan[] = [];
  const others = await otherSegments(client, traces, run);
  for (let from = 0; from < others.length; from += SEGMENTS_AT_ONCE) {
    const some = others.slice(from, from + SEGMENTS_AT_ONCE);
    for (const { key, suspects } of await suspectsIn(client, some, traces)) {
      const [row] = await readRows<StoredSpans>(client, 'codec, columns, block_offsets, payload', [
        key,
      ]);
      if (row !== undefined) takeOut(await readSegmentSpans(row), suspects, traces, taken);
    }
  }
  return taken;
}

function takeOut(
  others: SpanBatch,
  suspects: ReadonlySet<string>,
  traces: Traces,
  taken: PlacedSpan[],
): void {
  for (let i = 0; i < others.count; i++) {
    const trace = latin1(others.traceIds, i, 16);
    if (!suspects.has(trace)) continue;
    const spans = traces.get(trace);
    const span = latin1(others.spanIds, i, 8);
    const ours = spans?.get(span);
    if (ours === undefined || !isSameSpan(ours, { batch: others, i })) continue;
    taken.push(ours);
    spans?.delete(span);
  }
}

async function otherSegments(
  client: pg.ClientBase,
  traces: Traces,
  { day, ids }: Run,
): Promise<readonly SegmentKey[]> {
  const keys = [...traces.keys()].map((trace) => Buffer.from(trace, 'latin1').readBigInt64BE(8));
  const { rows } = await client.query<SegmentKey>(
    `select distinct day, segment_id as id from trace_segment
     where trace_key = any($1::int8[]) and day between $2 and $3 and day >= 0 and segment_id <> all($4::int8[])`,
    [keys, day - DAYS_AROUND, day + DAYS_AROUND, ids],
  );
  return rows;
}

async function readRows<Row extends object>(
  client: pg.ClientBase,
  columns: string,
  keys: readonly SegmentKey[],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(
    `select ${columns} from span_segment where (day, id) in (select * from unnest($1::int4[], $2::int8[]))`,
    [keys.map(({ day }) => day), keys.map(({ id }) => id)],
  );
  return rows;
}

/** Traces with a span that the columns cannot tell from one of ours: the payload must say. */
async function suspectsIn(
  client: pg.ClientBase,
  keys: readonly SegmentKey[],
  traces: Traces,
): Promise<readonly { readonly key: SegmentKey; readonly suspects: ReadonlySet<string> }[]> {
  const rows = await readRows<SegmentKey & Pick<StoredSpans, 'codec' | 'columns'>>(
    client,
    'day, id, codec, columns',
    keys,
  );
  return rows
    .map(({ day, id, codec, columns }) => ({
      key: { day, id },
      suspects: suspectsOf(decodeColumns(decompressColumns(codec, columns)), traces),
    }))
    .filter(({ suspects }) => suspects.size > 0);
}

function suspectsOf(columns: SegmentColumns, traces: Traces): ReadonlySet<string> {
  const suspects = new Set<string>();
  const shared = sharedTraces(columns, traces);
  for (let i = 0; i < columns.count; i++) {
    const ours = shared.get(columns.traceOf[i] as number);
    if (ours === undefined) continue;
    if (ours.looks.has(`${startAt(columns, i)} ${columns.idTail[i]}`)) suspects.add(ours.trace);
  }
  return suspects;
}

/** By their number in the columns: traces of which we have spans too, and how those look in columns. */
function sharedTraces(columns: SegmentColumns, traces: Traces) {
  const shared = new Map<number, { readonly trace: string; readonly looks: ReadonlySet<string> }>();
  for (let n = 0; n < columns.traceIds.length / 16; n++) {
    const trace = latin1(columns.traceIds, n, 16);
    const spans = traces.get(trace);
    if (spans !== undefined)
      shared.set(n, { trace, looks: new Set([...spans.values()].map(look)) });
  }
  return shared;
}

function look({ batch, i }: PlacedSpan): string {
  const start = (BigInt(batch.startHigh[i] as number) << 32n) | BigInt(batch.startLow[i] as number);
  const tail = ((batch.spanIds[i * 8 + 6] as number) << 8) | (batch.spanIds[i * 8 + 7] as number);
  return `${start} ${tail}`;
}

function latin1(ids: Uint8Array, n: number, width: number): string {
  return Buffer.from(ids.buffer, ids.byteOffset + n * width, width).toString('latin1');
}
