import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { claimShards } from '#store/claim-shards.ts';
import { closeDatabase, type Database, openDatabase } from '#store/client.ts';
import { maintainStore } from '#store/maintain-store.ts';
import { readLatestMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { migrate } from '#store/migrate.ts';
import { readFreshness } from '#store/read-freshness.ts';
import { readServices } from '#store/services/read-services.ts';
import { readAttributeKeys } from '#store/spans/read-attribute-values.ts';
import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import type { MetricRow } from '#telemetry/metric-batch.ts';
import { traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import {
  type ExternalPostgres,
  externalPostgresBin,
  NO_EXTERNAL_POSTGRES,
  startExternalPostgres,
} from '#tests/support/external-postgres.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { MIGRATIONS } from '#tests/support/test-store.ts';

const bin = externalPostgresBin();
const DAY_MS = 86_400_000;
const FROM = BigInt(Date.now() - 600_000) * 1_000_000n;
const WINDOW = { startUnixNano: unixNano(FROM), endUnixNano: unixNano(FROM + 600_000_000_000n) };

const POINT: MetricRow = {
  series: {
    id: 7n,
    name: 'requests',
    unit: '1',
    service: 'song',
    instance: 'song-1',
    kind: 'gauge',
    monotonic: false,
    delta: false,
    attributes: new Uint8Array(),
    resource: new Uint8Array(),
  },
  unixNano: unixNano(FROM),
  value: 7.5,
  count: 1,
  bounds: [],
  counts: [],
};

let postgres: ExternalPostgres | undefined;
let db: Database;

beforeAll(async () => {
  if (bin === undefined) return;
  postgres = await startExternalPostgres(bin);
  db = openDatabase(postgres.url);
});

afterAll(async () => {
  if (postgres === undefined) return;
  await closeDatabase(db);
  await postgres.stop();
});

test('a PostgreSQL of its distribution holds everything that the embedded one does', async (context) => {
  if (postgres === undefined) return context.skip(NO_EXTERNAL_POSTGRES);
  expect(await migrate(postgres.url, MIGRATIONS)).toBeGreaterThan(0);
  expect(await migrate(postgres.url, MIGRATIONS)).toBe(0);
  await claimShards(db);
  const spans = randomMeshSpans(seededRandom(51), { traces: 150, from: FROM, lengthNs: 500e9 });
  const writer = openSpanWriter(postgres.url);
  const send = exportTraces(writer.write);
  for (let i = 0; i < spans.length; i += 90) await send(tracesBody(spans.slice(i, i + 90)));
  await writer.stop();
  const metrics = openMetricWriter(postgres.url);
  expect(await metrics.write([POINT, POINT], Buffer.alloc(32, 1))).toBe(false);
  expect(await metrics.write([POINT], Buffer.alloc(32, 1))).toBe(true);
  await metrics.stop();

  const id = traceId(spans[0]?.traceId ?? '');
  const answers = async (): Promise<unknown> => ({
    spans: (await readFreshness(db)).spans,
    trace: await readTrace(db, id),
    traces: (await searchTraces(db, { window: WINDOW, limit: 30, service: 'song' })).traces,
    rare: (
      await searchTraces(db, { window: WINDOW, limit: 30, attributes: [['user.id', 'user-7']] })
    ).traces,
    heatmap: await readDurationHeatmap(db, { window: WINDOW, limit: 1 }, { columns: 9, rows: 5 }),
    edges: await readCallEdges(db, WINDOW),
    services: await readServices(db, WINDOW),
  });
  const fresh = await answers();
  expect(fresh).toMatchObject({ spans: spans.length });
  expect(await readTrace(db, id)).toHaveLength(
    spans.filter((span) => span.traceId === spans[0]?.traceId).length,
  );

  const settings = { keepDays: 7, keepRollUpDays: 30, pinned: [] };
  const done = await maintainStore(db, { ...settings, nowMs: Date.now() + 600_000 });
  expect(done.compactions.length).toBeGreaterThan(0);
  expect(done.derivedSteps).toBeGreaterThan(0);
  expect(await answers()).toEqual(fresh);
  expect(await readAttributeKeys(db, 'cache', 5)).toEqual(['cache.hit']);
  const at = { names: ['requests'], atUnixNano: POINT.unixNano, lookbackNs: 1e9 };
  expect(await readLatestMetricPoints(db, at)).toMatchObject([
    { value: { kind: 'gauge', value: 7.5 } },
  ]);

  const squeezed = await maintainStore(db, { ...settings, maxDiskBytes: 1, nowMs: Date.now() });
  expect(squeezed.droppedSegments).toBeGreaterThan(0);
  const kept = await maintainStore(db, { ...settings, nowMs: Date.now() + 9 * DAY_MS });
  expect(kept.droppedDays.length).toBeGreaterThan(0);
  expect((await readFreshness(db)).spans).toBe(0);
  expect(await readCallEdges(db, WINDOW)).toEqual((fresh as { edges: unknown }).edges);
});
