import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readServices } from '#store/services/read-services.ts';
import { openSpanWriter, type SpanWriter } from '#store/spans/write-spans.ts';
import { type TimeWindow, unixNano } from '#telemetry/time.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const SECOND = 1_000_000_000n;
const FROM = 1_790_000_000n * SECOND;
const HOUR_NS = 3600e9;

let store: TestStore;
let writer: SpanWriter;

beforeAll(async () => {
  store = await startTestStore();
  writer = openSpanWriter(store.url);
  await send(21, 600);
});

afterAll(async () => {
  await writer.stop();
  await store.stop();
});

async function send(seed: number, traces: number): Promise<void> {
  const spans = randomMeshSpans(seededRandom(seed), { traces, from: FROM, lengthNs: HOUR_NS });
  await exportTraces(writer.write)(tracesBody(spans));
}

/** Windows that begin and end anywhere. */
function windows(): readonly TimeWindow[] {
  const roll = seededRandom(2);
  return Array.from({ length: 25 }, () => {
    const from = FROM + BigInt(Math.floor(roll() * 3600)) * SECOND;
    const to = from + BigInt(Math.floor(roll() * 3600)) * SECOND;
    return { startUnixNano: unixNano(from), endUnixNano: unixNano(to) };
  });
}

async function answers(): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for (const window of windows()) {
    all.push(await readCallEdges(store.db, window), await readServices(store.db, window));
  }
  return all;
}

const deriveAll = async (): Promise<void> => {
  while ((await deriveSteps(store.db, Date.now())) > 0);
};

describe('coarser roll-ups', () => {
  test('change no answer, whether derived or stale', async () => {
    const fromSeconds = await answers();
    await deriveSteps(store.db, Number(FROM / 1_000_000n) + 1_200_000);
    expect(await answers()).toEqual(fromSeconds);
    await deriveAll();
    const stale = await store.db.pool.query('select from stale_step');
    expect(stale.rowCount).toBe(0);
    const { rows } = await store.db.pool.query(
      'select count(*)::int as n from call_edge_step where step = 600',
    );
    expect(rows[0].n).toBeGreaterThan(0);
    expect(await answers()).toEqual(fromSeconds);
  });

  test('count late spans at once', async () => {
    await send(22, 100);
    const withLate = await answers();
    await store.db.pool.query(
      'insert into stale_step select distinct 60, start / 60 * 60, 1 from call_edge_step on conflict do nothing',
    );
    await store.db.pool.query(
      'insert into stale_step select distinct 600, start / 600 * 600, 1 from call_edge_step on conflict do nothing',
    );
    expect(await answers()).toEqual(withLate);
    await deriveAll();
    expect(await answers()).toEqual(withLate);
  });
});
