import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { holdMinutes } from '#store/call-edges/hold-minutes.ts';
import { packMinute } from '#store/call-edges/pack-minute.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readModeSeconds } from '#store/call-edges/read-mode-seconds.ts';
import { RollUp } from '#store/call-edges/roll-up.ts';
import { EDGE_TABLES } from '#store/call-edges/roll-up-tables.ts';
import { writeEdges } from '#store/call-edges/write-roll-ups.ts';
import type { Database } from '#store/client.ts';
import { forgetOld } from '#store/forget-old.ts';
import { readServiceSeconds, readServices } from '#store/services/read-services.ts';
import { openSpanWriter, type SpanWriter } from '#store/spans/write-spans.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import { type TimeWindow, unixNano } from '#telemetry/time.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const SECOND = 1_000_000_000n;
/** The start of ten minutes, long settled. */
const FROM_SECOND = 1_790_000_400;
const FROM = BigInt(FROM_SECOND) * SECOND;
const LENGTH_SECONDS = 150;
const WINDOW = windowOf(0, 600);
const NAMES = ['gateway', 'login', 'song', 'artist'];

function windowOf(from: number, to: number): TimeWindow {
  return {
    startUnixNano: unixNano(FROM + BigInt(from) * SECOND),
    endUnixNano: unixNano(FROM + BigInt(to) * SECOND),
  };
}

type Roll = () => number;

/** Both halves of a call that ends in `second` of the window. */
function callAt(roll: Roll, second: number): readonly TestSpan[] {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(roll() * 16).toString(16)).join('');
  const name = (): string => NAMES[Math.floor(roll() * NAMES.length)] as string;
  const end = FROM + BigInt(second) * SECOND + BigInt(Math.floor(roll() * 9e8));
  const server = name();
  const client = { service: name(), traceId: hex(32), spanId: hex(16), kind: 3 };
  const times = { start: end - BigInt(Math.floor(1e5 + roll() * 1e8)), end };
  const status = roll() < 0.1 ? 2 : 0;
  const parentSpanId = client.spanId;
  return [
    { ...client, ...times, status, attributes: { 'service.peer.name': server } },
    { ...client, parentSpanId, spanId: hex(16), service: server, kind: 2, ...times, status },
  ];
}

async function answers(db: Database): Promise<unknown> {
  const parts = [WINDOW, windowOf(7, 133), windowOf(61, 119), windowOf(20, 25)];
  return {
    edges: await Promise.all(parts.map((window) => readCallEdges(db, window))),
    services: await Promise.all(parts.map((window) => readServices(db, window))),
    seconds: await Promise.all(parts.map((window) => readCallEdgeSeconds(db, window))),
    serviceSeconds: sorted(await readServiceSeconds(db, WINDOW)),
    modes: await readModeSeconds(db, windowOf(7, 133), ({ client }) => client !== 'login'),
  };
}

function sorted(rows: readonly { readonly second: number; readonly service: string }[]): unknown {
  const key = (row: { second: number; service: string }): string => `${row.second} ${row.service}`;
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

const callsOf = (edges: readonly { readonly calls: number }[]): number =>
  edges.reduce((sum, { calls }) => sum + calls, 0);

async function packAll(db: Database): Promise<void> {
  while ((await deriveSteps(db, Date.now())) > 0);
}

let store: TestStore;

beforeEach(async () => {
  store = await startTestStore();
});

afterEach(() => store.stop());

/** What one writer makes of the same bodies, of which nothing is ever packed. */
async function recount(bodies: readonly Uint8Array[]): Promise<unknown> {
  const alone = await startTestStore();
  const writer = openSpanWriter(alone.url);
  await Promise.all(bodies.map((body) => exportTraces(writer.write)(body)));
  await writer.stop();
  const counted = await answers(alone.db);
  await alone.stop();
  return counted;
}

/** As an exporter that never gives up. */
async function sendUntilStored(writer: SpanWriter, body: Uint8Array): Promise<void> {
  for (;;) {
    try {
      await exportTraces(writer.write)(body);
      return;
    } catch {
      await sleep(5);
    }
  }
}

describe('packing minutes while they are written', () => {
  test.each([1, 2, 3])(
    'several writers whose connections break, several analyzers, readers (%d)',
    async (seed) => {
      const roll = seededRandom(seed);
      const writers = [1, 2, 3].map(() => openSpanWriter(store.url));
      const bodies: Uint8Array[] = [];
      let [sent, stored, running] = [0, 0, true];
      const senders = writers.map(async (writer) => {
        for (let i = 0; i < 40; i++) {
          const calls = 1 + Math.floor(roll() * 6);
          const spans = Array.from({ length: calls }, () =>
            callAt(roll, Math.floor(roll() ** 2 * LENGTH_SECONDS)),
          );
          const body = tracesBody(spans.flat());
          bodies.push(body);
          sent += calls;
          await sendUntilStored(writer, body);
          stored += calls;
        }
      });
      const untilDone = async (turn: () => Promise<unknown>): Promise<void> => {
        while (running) {
          await turn();
          await sleep(roll() * 30);
        }
      };
      let packed = 0;
      const analyzer = () =>
        untilDone(async () => {
          // Its connections break too.
          packed += await deriveSteps(store.db, Date.now(), 5).catch(() => 0);
        });
      const breaker = untilDone(async () => {
        await sleep(60);
        await store.db.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
         where pid <> pg_backend_pid() and xact_start is not null and query like any($1) order by random() limit 1`,
          [
            [
              '%ingested_body%',
              '%call_edge_second (%',
              '%service_second (%',
              '%for key share%',
              'COPY%',
              'commit',
            ],
          ],
        );
      });
      const reader = untilDone(async () => {
        for (const read of [readCallEdges, readCallEdgeSeconds]) {
          const least = stored;
          const calls = callsOf(await read(store.db, WINDOW));
          expect(calls).toBeGreaterThanOrEqual(least);
          expect(calls).toBeLessThanOrEqual(sent);
        }
      });
      const others = [analyzer(), analyzer(), breaker, reader];
      await Promise.all(senders).finally(() => {
        running = false;
      });
      await Promise.all(others);
      expect(packed).toBeGreaterThan(3);
      const expected = await recount(bodies);
      expect(await answers(store.db)).toEqual(expected);
      await packAll(store.db);
      expect(await answers(store.db)).toEqual(expected);
      const loose = await store.db.pool.query(
        'select from call_edge_second union all select from service_second',
      );
      expect(loose.rowCount).toBe(0);
      await Promise.all(writers.map((writer) => writer.stop()));
    },
    120_000,
  );
});

describe('one connection and one analyzer, step by step', () => {
  let client: pg.Client;
  const rollUp = new RollUp();
  /** Always the same edge. */
  const call = (second: number) => callAt(seededRandom(4), second);

  beforeEach(async () => {
    client = new pg.Client({ connectionString: store.url });
    await client.connect();
    rollUp.forget();
  });

  afterEach(() => client.end());

  /** All that a commit does before `commit`, but for the spans. */
  async function begin(spans: readonly TestSpan[]): Promise<void> {
    const { batch } = decodeSpanBatch(tracesBody(spans));
    await client.query('begin');
    rollUp.fold(batch, await holdMinutes(client, [batch]));
    await writeEdges(client, rollUp.takeDirty().edges);
  }

  const calls = async (): Promise<number> => callsOf(await readCallEdges(store.db, WINDOW));

  test('a minute is not packed while a stopped ingester has a transaction open, and the others are', async () => {
    await begin([...call(3), ...call(70)]);
    await client.query('commit');
    await begin(call(3));
    expect(await deriveSteps(store.db, Date.now())).toBe(1);
    expect(await calls()).toBe(2);
    await client.query('commit');
    expect(await calls()).toBe(3);
    await packAll(store.db);
    expect(await calls()).toBe(3);
  });

  test('an ingester that wakes with old sums in memory counts nothing again', async () => {
    for (let turn = 1; turn <= 4; turn++) {
      await begin(call(3));
      await client.query('commit');
      expect(await calls()).toBe(turn);
      await packAll(store.db);
      expect(await calls()).toBe(turn);
    }
  });

  /** An analyzer that has the marks, in a transaction. */
  async function beginPacking(): Promise<pg.Client> {
    const analyzer = new pg.Client({ connectionString: store.url });
    await analyzer.connect();
    await analyzer.query('begin');
    await analyzer.query('delete from stale_step where step = 60');
    return analyzer;
  }

  test('who writes to a minute that is being packed waits, and goes on with rows of its own', async () => {
    await begin(call(3));
    await client.query('commit');
    const analyzer = await beginPacking();
    let isWritten = false;
    const written = begin(call(3)).then(() => {
      isWritten = true;
    });
    await expect
      .poll(
        async () => (await store.db.pool.query('select from pg_locks where not granted')).rowCount,
      )
      .toBeGreaterThan(0);
    await packMinute(analyzer, EDGE_TABLES, FROM_SECOND, 100);
    expect(isWritten).toBe(false);
    await analyzer.query('commit');
    await written;
    await client.query('commit');
    expect(await calls()).toBe(2);
    await packAll(store.db);
    expect(await calls()).toBe(2);
    await analyzer.end();
  });

  test('a packing that is broken off leaves everything as it was', async () => {
    await begin(call(3));
    await client.query('commit');
    const analyzer = await beginPacking();
    await packMinute(analyzer, EDGE_TABLES, FROM_SECOND, 100);
    await analyzer.end();
    await begin(call(3));
    await client.query('commit');
    expect(await calls()).toBe(2);
  });

  test('retention keeps the minutes of pinned windows, and their seconds', async () => {
    await begin([...call(3), ...call(70), ...call(140)]);
    await client.query('commit');
    await packAll(store.db);
    const settings = { keepDays: 1, keepRollUpDays: 1, nowMs: Date.now() + 400 * 86_400_000 };
    await forgetOld(store.db, { ...settings, pinned: [windowOf(65, 75)] });
    expect(callsOf(await readCallEdgeSeconds(store.db, windowOf(60, 120)))).toBe(1);
    expect(callsOf(await readCallEdges(store.db, windowOf(60, 120)))).toBe(1);
    expect(callsOf(await readCallEdges(store.db, windowOf(120, 180)))).toBe(0);
    await forgetOld(store.db, { ...settings, pinned: [] });
    expect(await calls()).toBe(0);
  });
});
