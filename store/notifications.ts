import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Database } from './client.ts';

export const COMMIT_CHANNEL = 'detour_commit';

export interface CommitNotice {
  /** Roll-up buckets that the commit changed; none for metrics. */
  readonly seconds: readonly number[];
}

const RECONNECT_MS = 500;

/**
 * Calls `onCommit` after each commit of an ingester, until the returned function is called. A lost connection is made
 * again; what was committed meanwhile is not told, so after each reconnection `onCommit` is called with no seconds.
 */
export async function listenForCommits(
  db: Database,
  onCommit: (notice: CommitNotice) => void,
): Promise<() => Promise<void>> {
  let stopped = false;
  let current: pg.PoolClient | undefined;

  const listen = async (): Promise<void> => {
    const client = await db.pool.connect();
    current = client;
    client.on('notification', ({ payload }) => {
      if (payload !== undefined) onCommit(JSON.parse(payload) as CommitNotice);
    });
    client.once('error', () => {
      current = undefined;
      client.release(true);
      void listenAgain();
    });
    await client.query(`listen ${COMMIT_CHANNEL}`);
  };
  const listenAgain = async (): Promise<void> => {
    while (!stopped) {
      await sleep(RECONNECT_MS);
      try {
        await listen();
        onCommit({ seconds: [] });
        return;
      } catch {
        // Still away: the database says so to everyone who asks it something.
      }
    }
  };

  await listen();
  return async () => {
    stopped = true;
    current?.removeAllListeners('notification');
    current?.release(true);
    current = undefined;
  };
}
