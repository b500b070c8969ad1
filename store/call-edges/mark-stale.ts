import type pg from 'pg';
import { MINUTE, stepStart, TEN_MINUTES } from './steps.ts';

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
  const pairs = [...marks].sort().map((mark) => mark.split(' '));
  const values = [pairs.map(([step]) => step), pairs.map(([, start]) => start)];
  for (;;) {
    await client.query(
      'insert into stale_step (step, start) select * from unnest($1::int4[], $2::int8[]) on conflict do nothing',
      values,
    );
    const held = await client.query(
      `select from stale_step where (step, start) in (select * from unnest($1::int4[], $2::int8[]))
       order by step, start for key share`,
      values,
    );
    // Fewer: one was taken away in between, and is put back.
    if (held.rowCount === pairs.length) return;
  }
}
