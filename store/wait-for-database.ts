import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Shard } from './client.ts';

const RETRY_MS = 500;
/** A line now and then, not one for each attempt. */
const ATTEMPTS_PER_LINE = 20;

/**
 * Resolves when each database answers; true when all have Detour's tables. `say` gets a line while one does not answer.
 */
export async function waitForDatabase(db: Database, say: (line: string) => void): Promise<boolean> {
  const found = await Promise.all(db.shards.map((shard) => waitForShard(shard, say)));
  return found.every((one) => one);
}

async function waitForShard(db: Shard, say: (line: string) => void): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { rows } = await db.pool.query<{ found: boolean }>(
        `select to_regclass('span_segment') is not null as found`,
      );
      return rows[0]?.found === true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (attempt % ATTEMPTS_PER_LINE === 0)
        say(`waiting for ${db.name} of DATABASE_URL: ${reason}`);
      await sleep(RETRY_MS);
    }
  }
}
