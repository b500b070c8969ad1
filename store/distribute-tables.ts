import type { Shard } from './client.ts';
import { queryRows } from './query-rows.ts';

/**
 * Where each large table's rows go on Citus, in the order in which they are distributed; what is not named stays on the
 * coordinator. Tables that are joined lie together: a segment with its traces, a series with its points. Roll-ups are read
 * by time and summed, so each second's rows lie together and a window is summed by all workers.
 */
export const DISTRIBUTED: readonly {
  readonly table: string;
  readonly column: string;
  readonly with?: string;
}[] = [
  { table: 'span_segment', column: 'id' },
  { table: 'trace_segment', column: 'segment_id', with: 'span_segment' },
  { table: 'metric_series', column: 'id' },
  { table: 'metric_point', column: 'series_id', with: 'metric_series' },
  { table: 'ingested_body', column: 'hash' },
  { table: 'call_edge_second', column: 'second' },
  { table: 'service_second', column: 'second', with: 'call_edge_second' },
  { table: 'call_edge_step', column: 'start' },
  { table: 'service_step', column: 'start', with: 'call_edge_step' },
];

/** Small, and joined with distributed ones: a copy on every worker. */
export const REFERENCE: readonly string[] = ['stale_step'];

/**
 * Distributes the tables over the workers where the database has the extension citus, and does nothing where it has not.
 * Returns the tables that it distributed: none the second time. One statement per query string, as Citus wants it.
 */
export async function distributeTables(db: Shard): Promise<readonly string[]> {
  const query = queryRows(db);
  const extension = await query`select from pg_extension where extname = 'citus'`;
  if (extension.length === 0) return [];
  const rows = await query<{ name: string }>`
    select logicalrelid::regclass::text as name from pg_dist_partition`;
  const done = new Set(rows.map(({ name }) => name));
  const distributed: string[] = [];
  for (const table of REFERENCE.filter((name) => !done.has(name))) {
    await query`select create_reference_table(${table}::regclass)`;
    distributed.push(table);
  }
  for (const { table, column, with: other } of DISTRIBUTED) {
    if (done.has(table)) continue;
    await query`
      select create_distributed_table(${table}::regclass, ${column}::text, colocate_with => ${other ?? 'none'}::text)`;
    distributed.push(table);
  }
  return distributed;
}
