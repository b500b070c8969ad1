import type { Database } from './client.ts';

/** Runs a tagged template with its values as parameters, past Prisma: for reads that are measured in milliseconds. */
export function queryRows(
  db: Database,
): <Row extends object>(
  sql: TemplateStringsArray,
  ...values: readonly unknown[]
) => Promise<Row[]> {
  return async <Row extends object>(sql: TemplateStringsArray, ...values: readonly unknown[]) => {
    const text = sql.reduce((whole, part, i) => `${whole}$${i}${part}`);
    const { rows } = await db.pool.query<Row>(text, [...values]);
    return rows;
  };
}
