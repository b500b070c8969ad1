import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';

/** The one door to PostgreSQL. Prisma and the hot path (COPY, LISTEN) share a pool of connections. */
export interface Database {
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
}

const DEFAULT_POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 5000;

/** Connects lazily: a wrong URL fails at the first query. */
export function openDatabase(url: string, options: { readonly poolSize?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? DEFAULT_POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return { prisma: new PrismaClient({ adapter: new PrismaPg(pool) }), pool };
}

export async function closeDatabase(db: Database): Promise<void> {
  await db.prisma.$disconnect();
  await db.pool.end();
}
