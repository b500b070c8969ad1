import pg from 'pg';
import { byteaArray, prepared } from './binary-arrays.ts';
import { type Body, KnownBodies, keyOf } from './group-commit.ts';
import { dayOf, ensureDay } from './partitions.ts';

/** A transaction that takes longer has a database that does not answer; the sender is told to come again. */
const TRANSACTION_LIMIT_MS = 15_000;
const CONNECT_LIMIT_MS = 3000;

/** One connection for transactions that follow each other; a broken one is replaced with the next transaction. */
export class Lane {
  readonly #url: string;
  #client: pg.Client | undefined;
  #days = new Set<number>();

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Runs `write` in a transaction that also notes the bodies. `day` is the day of arrival. Throws KnownBodies, and
   * writes nothing, when some were noted before.
   */
  async commit(
    bodies: readonly Body[],
    write: (client: pg.Client, day: number) => Promise<void>,
  ): Promise<void> {
    const client = await this.#connect();
    const limit = setTimeout(() => this.#breakOff(client), TRANSACTION_LIMIT_MS);
    try {
      const now = Date.now();
      const day = dayOf(now);
      await this.#ensureDays(client, day);
      await client.query('begin');
      await noteBodies(client, bodies, Math.floor(now / 1000));
      await write(client, day);
      await client.query('commit');
    } catch (error) {
      if (error instanceof KnownBodies) await client.query('rollback');
      // After any other fault nobody knows the state of the connection, and a commit may have gone through or not.
      else this.#breakOff(client);
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #connect(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
    });
    client.on('error', () => this.#breakOff(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  #breakOff(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    this.#days = new Set();
    // `end` would wait for an answer that may never come.
    (
      client as unknown as { connection: { stream: { destroy: () => void } } }
    ).connection.stream.destroy();
  }

  /** The next day too, so that midnight makes nobody wait. */
  async #ensureDays(client: pg.Client, today: number): Promise<void> {
    for (const day of [today, today + 1]) {
      if (this.#days.has(day)) continue;
      await ensureDay(client, day);
      this.#days.add(day);
    }
  }
}

const insertBodies = prepared(
  'insert-bodies',
  `insert into ingested_body (hash, arrived_second) select unnest($1::bytea[]), $2
   on conflict do nothing returning hash`,
);

async function noteBodies(
  client: pg.Client,
  bodies: readonly Body[],
  arrivedSecond: number,
): Promise<void> {
  // In one order everywhere, so that two ingesters with the same bodies never wait for each other in a circle.
  const sorted = [...bodies].sort((a, b) => Buffer.compare(a.hash, b.hash));
  const noted = await client.query<{ hash: Buffer }>(
    insertBodies([byteaArray(sorted.map(({ hash }) => hash)), arrivedSecond]),
  );
  if (noted.rowCount === bodies.length) return;
  const fresh = new Set(noted.rows.map(({ hash }) => hash.toString('latin1')));
  throw new KnownBodies(new Set(bodies.map(keyOf).filter((key) => !fresh.has(key))));
}
