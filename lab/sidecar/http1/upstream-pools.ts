import type { Endpoint } from '../endpoint.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** Kept idle per endpoint; how many may be busy is the circuit breaker's matter. */
const IDLE_LIMIT = 128;
const SWEEP_MS = 5000;
/** Shorter than the 75 s that our servers keep an idle connection, so that the client is the one to close. */
const IDLE_SWEEPS = 6;

type Place = Pick<Endpoint, 'address' | 'port'>;

/** The connections to one address and port. */
interface Pool {
  readonly key: string;
  readonly idle: UpstreamConnection[];
}

/** Kept connections, by endpoint. The one used last is used next: the others grow old and are closed. */
export class UpstreamPools {
  readonly #pools = new Map<string, Pool>();
  /** An endpoint of a configuration is the same object for many requests: its address need not be spelt out for each. */
  readonly #known = new WeakMap<Place, Pool>();
  readonly #busy = new Set<UpstreamConnection>();
  readonly #sweeper: NodeJS.Timeout;
  #sweeps = 0;
  #isClosed = false;

  constructor() {
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** An idle connection, or a new one that is still being made. */
  take(endpoint: Place): UpstreamConnection {
    const kept = this.#poolOf(endpoint).idle.pop();
    const connection = kept ?? new UpstreamConnection(endpoint, this.#onFree, this.#onLost);
    this.#busy.add(connection);
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#busy) connection.destroy();
    for (const { idle } of this.#pools.values()) {
      for (const connection of idle.splice(0)) connection.destroy();
    }
    this.#pools.clear();
  }

  readonly #onFree = (connection: UpstreamConnection): void => {
    this.#busy.delete(connection);
    const { idle } = this.#poolOf(connection.endpoint);
    if (this.#isClosed || idle.length >= IDLE_LIMIT) return void connection.destroy();
    connection.idleSince = this.#sweeps;
    idle.push(connection);
  };

  readonly #onLost = (connection: UpstreamConnection): void => {
    this.#busy.delete(connection);
    const { idle } = this.#poolOf(connection.endpoint);
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
  };

  #poolOf(endpoint: Place): Pool {
    const known = this.#known.get(endpoint);
    // A pool that was swept away may have a successor.
    if (known && this.#pools.get(known.key) === known) return known;
    const key = `${endpoint.address}:${endpoint.port}`;
    const pool = this.#pools.get(key) ?? { key, idle: [] };
    this.#pools.set(key, pool);
    this.#known.set(endpoint, pool);
    return pool;
  }

  #sweep(): void {
    this.#sweeps += 1;
    for (const { key, idle } of this.#pools.values()) {
      const old = idle.filter(({ idleSince }) => this.#sweeps - idleSince > IDLE_SWEEPS);
      for (const connection of old) {
        idle.splice(idle.indexOf(connection), 1);
        connection.destroy();
      }
      if (idle.length === 0) this.#pools.delete(key);
    }
  }
}
