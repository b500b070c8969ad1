import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const PROCESS = path.join(import.meta.dirname, '../../../processes/ingester.ts');
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6);
const SENDERS = 4;
const SPANS_PER_BODY = 20;
const FROM = 1_790_000_000_000_000_000n;

let store: TestStore;
let postgres: EmbeddedPostgres;
let ingester: ChildProcess;
let port = 0;
let sending = true;
let sequence = 0;
/** Trace ids of bodies that were acknowledged. */
const acknowledged: string[] = [];

beforeAll(async () => {
  store = await startTestStore();
  postgres = store.postgres;
  await startIngester();
});

afterAll(async () => {
  sending = false;
  ingester.kill('SIGKILL');
  await postgres.stop();
  await store.stop();
});

async function startIngester(): Promise<void> {
  ingester = spawn(process.execPath, ['--import', 'tsx', PROCESS], {
    env: {
      ...process.env,
      DATABASE_URL: store.url,
      OTLP_HTTP_PORT: String(port),
      OTLP_GRPC_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(ingester.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  port = (JSON.parse(line.toString()) as { httpPort: number }).httpPort;
}

/** Sends bodies one after the other, each until it is acknowledged: as an exporter that never gives up. */
async function sendOn(): Promise<void> {
  while (sending) {
    const trace = `f${(++sequence).toString(16).padStart(31, '0')}`;
    const body = Buffer.from(tracesBody(spansOf(trace)));
    while (!(await isAccepted(body))) await sleep(20);
    acknowledged.push(trace);
  }
}

/** As an analyzer does that PostgreSQL is taken from now and then. How many minutes and ten minutes were derived. */
async function packOn(): Promise<number> {
  let packed = 0;
  while (sending) {
    const db = openDatabase(store.url);
    try {
      packed += await deriveSteps(db, Date.now());
    } catch {
      // PostgreSQL is away.
    }
    await closeDatabase(db);
    await sleep(20);
  }
  return packed;
}

async function isAccepted(body: Buffer): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Uint8Array.from(body),
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

function spansOf(trace: string): readonly TestSpan[] {
  return Array.from({ length: SPANS_PER_BODY }, (_, i) => ({
    service: 'gateway',
    traceId: trace,
    spanId: (i + 1).toString(16).padStart(16, '0'),
    ...(i > 0 && { parentSpanId: '1'.padStart(16, '0') }),
    kind: 3,
    start: FROM + BigInt(i) * 1_000_000_000n,
    end: FROM + BigInt(i) * 1_000_000_000n + 5_000_000n,
    attributes: { 'service.peer.name': 'song' },
  }));
}

test(
  'kill -9 of the ingester and of PostgreSQL while minutes are packed: every acknowledged span is there once, and counted once',
  async () => {
    const roll = seededRandom(Number(process.env['KILL_SEED'] ?? 1));
    const senders = Array.from({ length: SENDERS }, sendOn);
    const packing = packOn();
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(300 + roll() * 700);
      if (round % 3 === 2) {
        process.kill(postgres.pid, 'SIGKILL');
        postgres = await startEmbeddedPostgres({ dataDir: store.dataDir });
      } else if (round % 3 === 1) {
        // It goes on with what it had in memory, and perhaps in the middle of a transaction.
        ingester.kill('SIGSTOP');
        await sleep(200 + roll() * 800);
        ingester.kill('SIGCONT');
      } else {
        ingester.kill('SIGKILL');
        await startIngester();
      }
    }
    await sleep(500);
    sending = false;
    await Promise.all(senders);
    expect(await packing).toBeGreaterThan(0);
    const db = openDatabase(store.url);
    try {
      expect(acknowledged.length).toBeGreaterThan(ROUNDS);
      const stored = await db.pool.query('select sum(span_count)::int as spans from span_segment');
      expect(stored.rows[0].spans).toBe(acknowledged.length * SPANS_PER_BODY);
      for (const trace of acknowledged) {
        expect(await readTrace(db, traceId(trace))).toHaveLength(SPANS_PER_BODY);
      }
      const window = {
        startUnixNano: unixNano(FROM),
        endUnixNano: unixNano(FROM + 60_000_000_000n),
      };
      const count = async (): Promise<unknown> => (await readCallEdges(db, window))[0]?.calls;
      expect(await count()).toBe(acknowledged.length * SPANS_PER_BODY);
      while ((await deriveSteps(db, Date.now())) > 0);
      expect(await count()).toBe(acknowledged.length * SPANS_PER_BODY);
    } finally {
      await closeDatabase(db);
    }
  },
  60_000 + ROUNDS * 15_000,
);
