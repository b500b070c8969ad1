import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { int4Array, int8Array, prepared } from '../binary-arrays.ts';
import { MINUTE, stepStart, TEN_MINUTES } from './steps.ts';

/** Of each minute that is held, the id of its mark. Another id: its seconds were packed since. */
export type HeldMinutes = ReadonlyMap<number, bigint>;

const insertMarks = prepared(
  'insert-stale-steps',
  `insert into stale_step (step, start, mark) select *, $3::int8 from unnest($1::int4[], $2::int8[])
   on conflict do nothing`,
);
const holdMarks = prepared(
  'hold-stale-steps',
  `select step, start::float8 as start, mark from stale_step
   where (step, start) in (select * from unnest($1::int4[], $2::int8[]))
   order by step, start for key share`,
);

interface MarkRow {
  readonly step: number;
  readonly start: number;
  readonly mark: string;
}

/**
 * Notes that the steps of these spans' seconds must be derived again, and holds the notes until the transaction ends. To
 * be called before any row of those seconds is written: who packs a minute takes its note away first, and so waits for all
 * who are writing to it, and all who come later wait until it is packed, and then find a note with another id.
 */
export async function holdMinutes(
  client: pg.ClientBase,
  batches: readonly SpanBatch[],
): Promise<HeldMinutes> {
  const minutes = minutesOf(batches);
  const tens = new Set([...minutes].map((minute) => stepStart(minute, TEN_MINUTES)));
  const ascending = (starts: ReadonlySet<number>): number[] => [...starts].sort((a, b) => a - b);
  const starts = [...ascending(minutes), ...ascending(tens)];
  if (starts.length === 0) return new Map();
  const steps = starts.map((_, i) => (i < minutes.size ? MINUTE : TEN_MINUTES));
  const values = [int4Array(steps), int8Array(starts)];
  for (;;) {
    const held = await client.query<MarkRow>(holdMarks(values));
    if (held.rowCount === starts.length) return marksOf(held.rows);
    // Some were never made, or were taken away meanwhile: they are put back, and held with the next look.
    await client.query(insertMarks([...values, randomId()]));
  }
}

function minutesOf(batches: readonly SpanBatch[]): ReadonlySet<number> {
  const minutes = new Set<number>();
  let last = -MINUTE;
  for (const { count, endSecond } of batches) {
    for (let i = 0; i < count; i++) {
      const second = endSecond[i] as number;
      // Zero is not known, and not rolled up.
      if (second === 0 || (second >= last && second < last + MINUTE)) continue;
      last = stepStart(second, MINUTE);
      minutes.add(last);
    }
  }
  return minutes;
}

function marksOf(rows: readonly MarkRow[]): HeldMinutes {
  return new Map(
    rows.filter(({ step }) => step === MINUTE).map(({ start, mark }) => [start, BigInt(mark)]),
  );
}

/** 63 random bits. */
export function randomId(): bigint {
  return randomBytes(8).readBigUInt64BE() >> 1n;
}
