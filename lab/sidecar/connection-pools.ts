import { Pool } from 'undici';
import type { Endpoint } from './xds-resources.ts';

const CONNECTIONS_PER_ENDPOINT = 128;
/** Shorter than the 75 s that our servers keep an idle connection, so that the client is the one to close. */
const KEEP_ALIVE_MS = 30_000;
const SWEEP_MS = 10_000;

export interface PoolSettings {
  readonly connectTimeoutMs: number;
}

/** One pool of kept connections per endpoint. Pools that nobody used for a while are closed. */
export class ConnectionPools {
  readonly #settings: PoolSettings;
  readonly #pools = new Map<string, { readonly pool: Pool; used: boolean }>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  poolOf({ address, port }: Pick<Endpoint, 'address' | 'port'>): Pool {
    const origin = `http://${address}:${port}`;
    const known = this.#pools.get(origin);
    if (known) {
      known.used = true;
      return known.pool;
    }
    const pool = new Pool(origin, {
      connections: CONNECTIONS_PER_ENDPOINT,
      pipelining: 1,
      connectTimeout: this.#settings.connectTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // The proxy times its attempts itself: undici's own timers are coarse (lib/util/timers.js).
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(origin, { pool, used: true });
    return pool;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
    this.#pools.clear();
  }

  #sweep(): void {
    for (const [origin, entry] of this.#pools) {
      const isIdle = entry.pool.stats.running === 0 && entry.pool.stats.queued === 0;
      if (!entry.used && isIdle) {
        this.#pools.delete(origin);
        entry.pool.close().catch(() => entry.pool.destroy());
      }
      entry.used = false;
    }
  }
}
