import type pg from 'pg';

export const PARTITIONED = ['span_segment', 'trace_segment', 'metric_point'] as const;
const SECONDS_PER_DAY = 86_400;

/**
 * PostgreSQL vacuums a table for its new rows alone, to freeze them: here it would read and log again what compaction
 * rewrites a minute later, in the middle of a flood. Deleted rows call it as ever, and the day is dropped before its rows
 * must be frozen.
 */
const NO_VACUUM_OF_INSERTS =
  'autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_insert_threshold = -1';

/** Days since the epoch: the key of a partition. */
export function dayOf(unixMs: number): number {
  return Math.floor(unixMs / 1000 / SECONDS_PER_DAY);
}

/** Makes the partitions of one day of arrival where they are missing. Several processes may do so at once. */
export async function ensureDay(client: pg.ClientBase | pg.Pool, day: number): Promise<void> {
  for (const table of PARTITIONED) {
    const found = await client.query('select to_regclass($1) is not null as found', [
      partitionName(table, day),
    ]);
    if (found.rows[0]?.found) continue;
    try {
      await client.query(
        `create table if not exists ${partitionName(table, day)} partition of ${table}
         for values from (${day}) to (${day + 1}) with (${NO_VACUUM_OF_INSERTS})`,
      );
    } catch (error) {
      // 42P07, 23505, 42P17: another process made it between the question and the statement.
      if (!isOneOf(error, ['42P07', '23505', '42P17'])) throw error;
    }
  }
}

export function partitionName(table: (typeof PARTITIONED)[number], day: number): string {
  return `${table}_d${Math.trunc(day)}`;
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
