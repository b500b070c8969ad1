import { listenForCommits } from '#store/notifications.ts';
import { database } from './database.ts';
import { LiveSnapshots } from './take-live-snapshot.ts';
import { toJson } from './to-json.ts';

/** One `map` event: `id` is `<epoch>-<sequence>`, the epoch is this process. */
export interface LiveEvent {
  readonly id: string;
  readonly json: string;
}

/** At most two snapshots a second, and one a second when nothing is committed: ages run on. */
const FASTEST_MS = 500;
const SLOWEST_MS = 1000;

/**
 * The live data of this process: one computation however many browsers look on, none when nobody does. Committed spans
 * set it off, by PostgreSQL's notifications.
 */
class LiveFeed {
  readonly #epoch = Date.now().toString(36);
  readonly #snapshots = new LiveSnapshots();
  #sequence = 0;
  #latest: LiveEvent | undefined;
  #lookers = 0;
  #wake: (() => void) | undefined;
  #waiting: ((event: LiveEvent) => void)[] = [];

  /** Returns how to leave. */
  join(): () => void {
    this.#lookers++;
    if (this.#lookers === 1) this.#run();
    let here = true;
    return () => {
      if (here) this.#lookers--;
      here = false;
    };
  }

  /** The newest event that is not `seen`; waits for one. An id of another process is never the newest. */
  async next(seen: string | undefined): Promise<LiveEvent> {
    if (this.#latest !== undefined && this.#latest.id !== seen) return this.#latest;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #run(): void {
    this.#loop().catch(async (error: unknown) => {
      // No connection to listen on: whoever looks on waits for the store as well.
      console.error(error);
      await sleep(SLOWEST_MS);
      if (this.#lookers > 0) this.#run();
    });
  }

  async #loop(): Promise<void> {
    const stop = await listenForCommits(database(), () => this.#wake?.());
    try {
      while (this.#lookers > 0) {
        const began = performance.now();
        await this.#takeOne();
        await sleep(Math.max(0, FASTEST_MS - (performance.now() - began)));
        await this.#commitOr(SLOWEST_MS - FASTEST_MS);
      }
    } finally {
      // What was newest is old when somebody looks again.
      this.#latest = undefined;
      await stop();
    }
    // Somebody came while the last one was being seen off.
    if (this.#lookers > 0) this.#run();
  }

  async #takeOne(): Promise<void> {
    try {
      const json = toJson(await this.#snapshots.take());
      this.#latest = { id: `${this.#epoch}-${++this.#sequence}`, json };
    } catch (error) {
      // The store may be restarting: lookers keep their last snapshot, which shows its age.
      console.error(error);
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(this.#latest);
  }

  async #commitOr(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/** Next bundles each route by itself: what must be one per process hangs on the global object. */
const shared = globalThis as { detourLiveFeed?: LiveFeed };

export function liveFeed(): LiveFeed {
  shared.detourLiveFeed ??= new LiveFeed();
  return shared.detourLiveFeed;
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
