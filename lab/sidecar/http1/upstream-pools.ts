import type { Endpoint } from '../endpoint.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** Kept idle per endpoint; how many may be busy is the circuit breaker's matter. */
const IDLE_LIMIT = 128;
const SWEEP_MS = 5000;
/** Shorter than the 75 s that our servers keep an idle connection, so that the client is the one to close. */
const IDLE_SWEEPS = 6;

/** Kept connections, by endpoint. The one used last is used next: the others grow old and are closed. */
export class UpstreamPools {
  readonly #idle = new Map<string, UpstreamConnection[]>();
  readonly #busy = new Set<UpstreamConnection>();
  readonly #sweeper: NodeJS.Timeout;
  #sweeps = 0;
  #isClosed = false;

  constructor() {
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** An idle connection, or a new one that is still being made. */
  take(endpoint: Pick<Endpoint, 'address' | 'port'>): UpstreamConnection {
    const kept = this.#idle.get(keyOf(endpoint))?.pop();
    const connection = kept ?? new UpstreamConnection(endpoint, this.#onFree, this.#onLost);
    this.#busy.add(connection);
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#busy) connection.destroy();
    for (const list of this.#idle.values()) for (const connection of list) connection.destroy();
    this.#idle.clear();
  }

  readonly #onFree = (connection: UpstreamConnection): void => {
    this.#busy.delete(connection);
    const key = keyOf(connection.endpoint);
    const list = this.#idle.get(key);
    if (this.#isClosed || (list && list.length >= IDLE_LIMIT)) return void connection.destroy();
    connection.idleSince = this.#sweeps;
    if (list) list.push(connection);
    else this.#idle.set(key, [connection]);
  };

  readonly #onLost = (connection: UpstreamConnection): void => {
    this.#busy.delete(connection);
    const list = this.#idle.get(keyOf(connection.endpoint));
    const at = list?.indexOf(connection) ?? -1;
    if (at >= 0) list?.splice(at, 1);
  };

  #sweep(): void {
    this.#sweeps += 1;
    for (const [key, list] of this.#idle) {
      const old = list.filter(({ idleSince }) => this.#sweeps - idleSince > IDLE_SWEEPS);
      for (const connection of old) {
        list.splice(list.indexOf(connection), 1);
        connection.destroy();
      }
      if (list.length === 0) this.#idle.delete(key);
    }
  }
}

function keyOf({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return `${address}:${port}`;
}
