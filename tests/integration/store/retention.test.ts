import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { maintainStore } from '#store/maintain-store.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { traceId } from '#telemetry/span.ts';
import { fromUnixMs, type TimeWindow } from '#telemetry/time.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const DAY_MS = 86_400_000;
const BEGUN_MS = Date.now();
const DURING = 'a'.repeat(32);
const AFTER = 'b'.repeat(32);
const SETTINGS = { keepDays: 7, keepRollUpDays: 30, pinned: [] };

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  const writer = openSpanWriter(store.url);
  const send = async (id: string, ms: number) => {
    const start = BigInt(ms) * 1_000_000n;
    const span = { service: 'song', spanId: '1'.repeat(16), kind: 3, start, end: start + 1000n };
    const attributes = { 'service.peer.name': 'artist' };
    await exportTraces(writer.write)(tracesBody([{ ...span, traceId: id, attributes }]));
  };
  await send(DURING, BEGUN_MS);
  await send(AFTER, BEGUN_MS + 3_600_000);
  await writer.stop();
});

afterAll(async () => {
  await store.stop();
});

const windowOf = (fromMs: number, toMs: number): TimeWindow => ({
  startUnixNano: fromUnixMs(fromMs),
  endUnixNano: fromUnixMs(toMs),
});
const isStored = async (id: string) => (await readTrace(store.db, traceId(id))).length === 1;

describe('maintenance', () => {
  test('leaves young spans alone', async () => {
    const done = await maintainStore(store.db, { ...SETTINGS, nowMs: BEGUN_MS });
    expect(done).toMatchObject({ droppedDays: [], droppedSegments: 0 });
    expect(await isStored(AFTER)).toBe(true);
  });

  test('drops days that are too old, but not what an incident pins', async () => {
    const incident = windowOf(BEGUN_MS - 60_000, BEGUN_MS + 60_000);
    const nowMs = BEGUN_MS + 9 * DAY_MS;
    const done = await maintainStore(store.db, { ...SETTINGS, nowMs, pinned: [incident] });
    expect(done.droppedDays.length).toBeGreaterThan(0);
    expect(await isStored(DURING)).toBe(true);
    // One segment may hold both: what shares it with a pinned span stays too.
    const edges = await readCallEdges(store.db, windowOf(BEGUN_MS - 60_000, BEGUN_MS + 7_200_000));
    expect(edges.reduce((sum, { calls }) => sum + calls, 0)).toBe(2);
  });

  test('drops roll-ups later than spans', async () => {
    await maintainStore(store.db, { ...SETTINGS, nowMs: BEGUN_MS + 40 * DAY_MS });
    const window = windowOf(BEGUN_MS - 60_000, BEGUN_MS + 7_200_000);
    expect(await readCallEdges(store.db, window)).toEqual([]);
  });

  test('keeps within a budget by dropping the oldest segments of the only day', async () => {
    const writer = openSpanWriter(store.url);
    for (let i = 0; i < 40; i++) {
      const start = BigInt(Date.now()) * 1_000_000n;
      const trace = `c${i.toString(16).padStart(31, '0')}`;
      const noise = Array.from({ length: 3000 }, () => Math.random().toString(36)).join('');
      const body = tracesBody([
        { traceId: trace, spanId: '1'.repeat(16), start, end: start, attributes: { noise } },
      ]);
      await exportTraces(writer.write)(body);
    }
    await writer.stop();
    const { rows } = await store.db.pool.query<{ size: string }>(
      'select pg_database_size(current_database()) as size',
    );
    const maxDiskBytes = Number(rows[0]?.size) - 500_000;
    const done = await maintainStore(store.db, { ...SETTINGS, nowMs: Date.now(), maxDiskBytes });
    expect(done.droppedSegments).toBeGreaterThan(0);
    expect(await isStored(`c${(0).toString(16).padStart(31, '0')}`)).toBe(false);
    expect(await isStored(`c${(39).toString(16).padStart(31, '0')}`)).toBe(true);
    const again = await maintainStore(store.db, { ...SETTINGS, nowMs: Date.now(), maxDiskBytes });
    expect(again.droppedSegments).toBeLessThan(done.droppedSegments);
  });
});
