import type pg from 'pg';
import { int4Array, int8Array, prepared } from '../binary-arrays.ts';
import { MINUTE, stepStart, TEN_MINUTES } from './steps.ts';

const insertMarks = prepared(
  'insert-stale-steps',
  'insert into stale_step (step, start) select * from unnest($1::int4[], $2::int8[]) on conflict do nothing',
);
const holdMarks = prepared(
  'hold-stale-steps',
  `select from stale_step where (step, start) in (select * from unnest($1::int4[], $2::int8[]))
   order by step, start for key share`,
);

/**
 * Notes that the steps of these seconds must be derived again, and holds the notes until the transaction ends: who
 * derives a step takes its note away first, and so waits for all who are still adding to it.
 */
export async function markStale(client: pg.ClientBase, seconds: Iterable<number>): Promise<void> {
  const marks = new Set<string>();
  for (const second of seconds) {
    for (const step of [MINUTE, TEN_MINUTES]) marks.add(`${step} ${stepStart(second, step)}`);
  }
  if (marks.size === 0) return;
  const pairs = [...marks].sort().map((mark) => mark.split(' ').map(Number));
  const values = [
    int4Array(pairs.map(([step = 0]) => step)),
    int8Array(pairs.map(([, start = 0]) => start)),
  ];
  for (;;) {
    const held = await client.query(holdMarks(values));
    if (held.rowCount === pairs.length) return;
    // Some were never made, or were taken away meanwhile: they are put back, and held with the next look.
    await client.query(insertMarks(values));
  }
}
