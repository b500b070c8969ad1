import type pg from 'pg';

export const PARTITIONED = ['span_segment', 'trace_segment', 'metric_point'] as const;
const SECONDS_PER_DAY = 86_400;

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
        `create table if not exists ${partitionName(table, day)} partition of ${table} for values from (${day}) to (${day + 1})`,
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
