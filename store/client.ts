import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { splitDatabaseUrls } from './database-urls.ts';
import { PrismaClient } from './generated/client.ts';

/** One PostgreSQL of a store. */
export interface Shard {
  /** For people: "database 2 of 3". */
  readonly name: string;
  readonly pool: pg.Pool;
}

/**
 * The one door to a store, which lies in one PostgreSQL or in several. Spans, their roll-ups and what is learnt from them
 * lie on the shard of their trace (store/shards.ts); everything else lies on the first, which `prisma` and `pool` reach.
 */
export interface Database extends Shard {
  /** Prisma and the hot path (COPY, LISTEN) share a pool of connections. */
  readonly prisma: PrismaClient;
  /** All of them, the first included. */
  readonly shards: readonly Shard[];
  /** Where it is set, a question is answered without the shards that do not answer, and their names are put here. */
  readonly missing?: Set<string>;
}

const DEFAULT_POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 5000;

/** Connects lazily: a wrong URL fails at the first query. `urls` is one URL, or several with commas between. */
export function openDatabase(urls: string, options: { readonly poolSize?: number } = {}): Database {
  const all = splitDatabaseUrls(urls);
  const shards = all.map((url, i) => ({
    name: all.length === 1 ? 'the database' : `database ${i + 1} of ${all.length}`,
    pool: openPool(url, options.poolSize ?? DEFAULT_POOL_SIZE),
  }));
  const [first] = shards;
  if (first === undefined) throw new Error('no database is named');
  return { ...first, prisma: new PrismaClient({ adapter: new PrismaPg(first.pool) }), shards };
}

export async function closeDatabase(db: Database): Promise<void> {
  await db.prisma.$disconnect();
  await Promise.all(db.shards.map(({ pool }) => pool.end()));
}

function openPool(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one that breaks in somebody's hands, who hears of it from the query: the pool listens to idle ones only.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
