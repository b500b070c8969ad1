import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readIngestHealth } from '#store/ingest-health/read-ingest-health.ts';
import { readMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { METRIC_INGEST_REQUESTS } from '#telemetry/metric-names.ts';
import { traceId } from '#telemetry/span.ts';
import { fromUnixMs } from '#telemetry/time.ts';
import { protobufOf, someSpans, tracesOf } from '#tests/support/otlp/some-spans.ts';
import { ask, PROTOBUF } from '#tests/support/otlp/test-receiver.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

interface Ingester {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

const running: ChildProcess[] = [];
function startIngester(env: Readonly<Record<string, string>>): Ingester {
  const file = path.join(ROOT, 'processes', 'ingester.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: ROOT,
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', ...env },
  });
  running.push(child);
  let output = '';
  const note = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => output, ended };
}

async function ready(ingester: Ingester): Promise<void> {
  while (!ingester.output().includes('"ready":true')) {
    if (ingester.child.exitCode !== null) throw new Error(ingester.output());
    await wait(20);
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.stop());
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

describe('the ingester', () => {
  it('stores what it acknowledges, tells of itself, and ends on SIGTERM', async () => {
    const httpPort = await freePort();
    const ingester = startIngester({
      DATABASE_URL: store.url,
      OTLP_HTTP_PORT: `${httpPort}`,
      OTLP_GRPC_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${httpPort}`,
    });
    await ready(ingester);
    const id = randomBytes(16);
    const body = protobufOf(tracesOf(someSpans(3, id)));
    expect((await ask(httpPort, { headers: PROTOBUF, body })).status).toBe(200);
    expect((await ask(httpPort, { path: '/nothing' })).status).toBe(404);
    expect(await readTrace(store.db, traceId(id.toString('hex')))).toHaveLength(3);
    const nowMs = Date.now();
    const window = {
      startUnixNano: fromUnixMs(nowMs - 60_000),
      endUnixNano: fromUnixMs(nowMs + 60_000),
    };
    const own = { names: [METRIC_INGEST_REQUESTS], window };
    while ((await readMetricPoints(store.db, own)).length === 0) await wait(50);
    ingester.child.kill('SIGTERM');
    expect(await ingester.ended).toBe(0);
    const [health] = await readIngestHealth(store.db);
    expect(health?.ingester).toBe(`127.0.0.1:${httpPort}`);
    expect(health?.snapshot.lastRefusal?.reason).toBe('wrong-path');
    expect(health?.snapshot.requests).toContainEqual(
      expect.objectContaining({ signal: 'traces', outcome: 'stored', acceptedItems: 3 }),
    );
  });

  it('ends with 64 and one line that says what is wrong', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    for (const [env, line] of [
      [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL: must begin with postgresql/],
      [{ DATABASE_URL: store.url, OTLP_HTTP_PORT: '99999' }, /OTLP_HTTP_PORT/],
      [
        { DATABASE_URL: store.url, OTLP_HTTP_PORT: `${port}` },
        new RegExp(`port ${port} .* is taken`),
      ],
      [
        { DATABASE_URL: store.url, OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: `${port}` },
        new RegExp(`port ${port} .* is taken`),
      ],
      [{ DATABASE_URL: store.url.replace('/detour?', '/postgres?') }, /no tables of Detour/],
    ] as const) {
      const ingester = startIngester(env);
      expect([await ingester.ended, ingester.output()]).toEqual([64, expect.stringMatching(line)]);
      expect(ingester.output().trim().split('\n')).toHaveLength(1);
    }
    taken.close();
  });

  it('waits for a database that is not there, and says so', async () => {
    const ingester = startIngester({ DATABASE_URL: 'postgresql://postgres@127.0.0.1:9/detour' });
    while (!ingester.output().includes('waiting for the database')) await wait(20);
    expect(ingester.child.exitCode).toBeNull();
  });
});
