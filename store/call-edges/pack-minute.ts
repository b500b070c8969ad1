import type pg from 'pg';
import {
  addEncodedHistogram,
  decodeHistogram,
  emptyHistogram,
  encodeHistogram,
  type LatencyHistogram,
} from '#telemetry/latency-histogram.ts';
import { keysOf, packedRows, type RollUpTables } from './roll-up-tables.ts';
import { MINUTE } from './steps.ts';
import { type PackedSecond, type StepSum, writeSteps } from './write-steps.ts';

interface SecondRow {
  readonly at: number;
  readonly count: number;
  readonly errors: number;
  /** Histograms of many rows, one behind the other: reading them in turn adds them up. */
  readonly latency: Buffer;
  readonly rows: number;
}

/**
 * Moves the rows of a minute's seconds into the minute's rows, which have one for all writers and seconds: names, keys and
 * row heads are most of what a second takes alone. Within a transaction that has the minute's mark, so that nobody can be
 * writing to it; what was packed before under the same keys is added to. False when only whole seconds of about `mostRows`
 * rows were packed and more are left: whoever has late spans for the minute waits meanwhile.
 */
export async function packMinute(
  client: pg.ClientBase,
  tables: RollUpTables,
  start: number,
  mostRows: number,
): Promise<boolean> {
  const next = await client.query<{ second: number }>(
    `select second::float8 as second from ${tables.seconds} where second >= $1 and second < $2
     order by second offset $3 limit 1`,
    [start, start + MINUTE, mostRows],
  );
  const end = next.rows[0] === undefined ? start + MINUTE : next.rows[0].second + 1;
  await packSeconds(client, tables, start, end);
  return next.rows[0] === undefined;
}

async function packSeconds(
  client: pg.ClientBase,
  tables: RollUpTables,
  start: number,
  end: number,
): Promise<void> {
  const keys = keysOf(tables);
  const [from, to] = ['$1::int8', `($1::int8 + ${MINUTE})`];
  const { rows } = await client.query<SecondRow & Record<string, unknown>>(
    `with gone as (
       delete from ${tables.seconds} where second >= ${from} and second < $2::int8 returning *
     ), parts as (
       select second, ${keys}, ${tables.count}, errors, latency from gone
       union all
       ${packedRows(tables, from, to, `(${keys}) in (select ${keys} from gone)`)}
     )
     select (second - ${from})::int2 as at, ${keys}, sum(${tables.count})::int4 as count, sum(errors)::int4 as errors,
            string_agg(latency, '') as latency, count(*)::int4 as rows
     from parts group by second, ${keys}`,
    [start, end],
  );
  await writeSteps(client, tables, { step: MINUTE, start }, sumsOf(tables, rows));
}

function sumsOf(
  tables: RollUpTables,
  rows: readonly (SecondRow & Record<string, unknown>)[],
): readonly StepSum[] {
  const sums = new Map<string, OpenSum>();
  for (const row of rows) {
    const keys = tables.keys.map(({ name }) => row[name] as string | number);
    const id = keys.join('\0');
    let sum = sums.get(id);
    if (sum === undefined) {
      sum = { keys, count: 0, errors: 0, latency: emptyHistogram(), seconds: [] };
      sums.set(id, sum);
    }
    sum.count += row.count;
    sum.errors += row.errors;
    addEncodedHistogram(sum.latency, row.latency);
    sum.seconds.push({ ...row, latency: row.rows === 1 ? row.latency : shorten(row.latency) });
  }
  return [...sums.values()];
}

interface OpenSum extends StepSum {
  count: number;
  errors: number;
  readonly latency: LatencyHistogram;
  readonly seconds: PackedSecond[];
}

/** Many histograms one behind the other, as one. */
function shorten(latency: Buffer): Uint8Array {
  return encodeHistogram(decodeHistogram(latency));
}
