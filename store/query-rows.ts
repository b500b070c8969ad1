import type pg from 'pg';
import type { Shard } from './client.ts';

/** A database, or one transaction on it. */
export interface Queryable {
  readonly pool: Pick<pg.ClientBase, 'query'>;
}

/** Runs a tagged template with its values as parameters, past Prisma: for reads that are measured in milliseconds. */
export function queryRows(
  db: Queryable,
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

/**
 * Runs several reads on one state of the store: what is compacted or dropped meanwhile is still there for them.
 */
export async function withSnapshot<T>(
  db: Shard,
  read: (snapshot: Queryable) => Promise<T>,
): Promise<T> {
  const client = await db.pool.connect();
  let failed = true;
  try {
    await client.query('begin isolation level repeatable read read only');
    const result = await read({ pool: client });
    await client.query('commit');
    failed = false;
    return result;
  } finally {
    // A connection that failed may be inside its transaction still.
    client.release(failed);
  }
}
