import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Database, Shard } from './client.ts';

export const COMMIT_CHANNEL = 'detour_commit';

export interface CommitNotice {
  /** Roll-up buckets that the commit changed; none for metrics. */
  readonly seconds: readonly number[];
}

const RECONNECT_MS = 500;

/**
 * Calls `onCommit` after each commit of an ingester, until the returned function is called. A lost connection is made
 * again; what was committed meanwhile is not told, so after each reconnection `onCommit` is called with no seconds.
 * Throws when no shard can be listened to; one that is away is listened to once it is back.
 */
export async function listenForCommits(
  db: Database,
  onCommit: (notice: CommitNotice) => void,
): Promise<() => Promise<void>> {
  const listeners = db.shards.map((shard) => listenTo(shard, onCommit));
  const begun = await Promise.allSettled(listeners.map(({ begin }) => begin()));
  const refused = begun.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const stop = async (): Promise<void> => {
    for (const listener of listeners) listener.stop();
  };
  if (refused.length === listeners.length) {
    await stop();
    throw refused[0];
  }
  for (const [i, one] of begun.entries()) {
    if (one.status === 'rejected') void listeners[i]?.beginAgain();
  }
  return stop;
}

interface Listener {
  readonly begin: () => Promise<void>;
  /** Settles once it listens, or was stopped. */
  readonly beginAgain: () => Promise<void>;
  readonly stop: () => void;
}

function listenTo(db: Shard, onCommit: (notice: CommitNotice) => void): Listener {
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
      if (stopped) return;
      try {
        await listen();
        onCommit({ seconds: [] });
        return;
      } catch {
        // Still away: the database says so to everyone who asks it something.
      }
    }
  };

  const stop = (): void => {
    stopped = true;
    current?.removeAllListeners('notification');
    current?.release(true);
    current = undefined;
  };
  return { begin: listen, beginAgain: listenAgain, stop };
}
