import type pg from 'pg';
import { encodeHistogram, type LatencyHistogram } from '#telemetry/latency-histogram.ts';
import { byteaArray, int2Array, int4Array, int8Array, textArray } from '../binary-arrays.ts';
import { keysOf, type RollUpTables } from './roll-up-tables.ts';

/** One row of a minute or ten minutes. */
export interface StepSum {
  /** As `tables.keys` has them. */
  readonly keys: readonly (string | number)[];
  readonly count: number;
  readonly errors: number;
  readonly latency: LatencyHistogram;
  /** Those in which anything was counted; none in ten minutes. */
  readonly seconds: readonly PackedSecond[];
}

export interface PackedSecond {
  /** From the start of the minute. */
  readonly at: number;
  readonly count: number;
  readonly errors: number;
  /** Encoded. */
  readonly latency: Uint8Array;
}

/** Puts `sums` in the place of what the step had under their keys, within the caller's transaction. */
export async function writeSteps(
  client: pg.ClientBase,
  tables: RollUpTables,
  { step, start }: { readonly step: number; readonly start: number },
  sums: readonly StepSum[],
): Promise<void> {
  if (sums.length === 0) return;
  const seconds = sums.flatMap((sum, n) => sum.seconds.map((second) => ({ ...second, n: n + 1 })));
  const keyValues = tables.keys.map(({ type }, k) =>
    type === 'text'
      ? textArray(sums.map(({ keys }) => keys[k] as string))
      : int2Array(sums.map(({ keys }) => keys[k] as number)),
  );
  await client.query(upsertSql(tables), [
    step,
    start,
    int8Array(sums.map(({ count }) => count)),
    int8Array(sums.map(({ errors }) => errors)),
    byteaArray(sums.map(({ latency }) => encodeHistogram(latency))),
    int4Array(seconds.map(({ n }) => n)),
    int2Array(seconds.map(({ at }) => at)),
    int4Array(seconds.map(({ count }) => count)),
    int4Array(seconds.map(({ errors }) => errors)),
    byteaArray(seconds.map(({ latency }) => latency)),
    ...keyValues,
  ]);
}

const FIRST_KEY = 11;

function upsertSql(tables: RollUpTables): string {
  const keys = keysOf(tables);
  const keyArrays = tables.keys.map(({ type }, k) => `$${FIRST_KEY + k}::${type}[]`).join(', ');
  const written = [
    tables.count,
    'errors',
    'latency',
    'second_at',
    'second_counts',
    'second_errors',
    'second_latencies',
  ];
  return `
    insert into ${tables.steps} (step, start, ${keys}, ${written.join(', ')})
    select $1::int4, $2::int8, ${keys}, total.count, total.errors, total.latency, ats, counts, errs, latencies
    from unnest(${keyArrays}, $3::int8[], $4::int8[], $5::bytea[])
        with ordinality as total (${keys}, count, errors, latency, n)
      left join (
        select n, array_agg(at order by at) as ats, array_agg(count order by at) as counts,
               case when bool_or(errors <> 0) then array_agg(errors order by at) end as errs,
               array_agg(latency order by at) as latencies
        from unnest($6::int4[], $7::int2[], $8::int4[], $9::int4[], $10::bytea[]) as one (n, at, count, errors, latency)
        group by n
      ) second using (n)
    order by ${keys}
    on conflict (step, start, ${keys}) do update set ${written.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}
