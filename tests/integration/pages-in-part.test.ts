import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { claimShards } from '#store/claim-shards.ts';
import { closeDatabase } from '#store/client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { writeIncident } from '#store/incidents/write-incident.ts';
import { shardOf } from '#store/shards.ts';
import { openShardedSpanWriter } from '#store/spans/write-to-shards.ts';
import { fromUnixMs } from '#telemetry/time.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { replayFixture } from '#tests/support/replay-fixture.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';
import { TraceAway } from '#views/trace/trace-away.tsx';
import { TraceScreen } from '#views/trace/trace-screen.tsx';
import { database } from '../../app/_server/database.ts';
import { loadHealth } from '../../app/_server/load-health.ts';
import { LiveSnapshots } from '../../app/_server/take-live-snapshot.ts';
import IncidentPage from '../../app/incidents/[incidentId]/page.tsx';
import ReplayPage from '../../app/incidents/[incidentId]/replay/page.tsx';
import { loadMapSnapshot } from '../../app/map/load-map-snapshot.ts';
import TracePage from '../../app/traces/[traceId]/page.tsx';
import { loadSearch, toTraceQuery } from '../../app/traces/load-search.ts';

const MINUTE_MS = 60_000;
const now = Date.now();
const spans = randomMeshSpans(seededRandom(12), {
  traces: 200,
  from: BigInt(now - MINUTE_MS) * 1_000_000n,
  lengthNs: 50e9,
});
const window = { startUnixNano: fromUnixMs(now - 2 * MINUTE_MS), endUnixNano: fromUnixMs(now) };
const link = {
  clauses: [],
  range: {
    kind: 'fixed',
    from: window.startUnixNano.toString(),
    to: window.endUnixNano.toString(),
  },
} as const;

let parts: readonly TestStore[] = [];
let restarted: EmbeddedPostgres | undefined;

beforeAll(async () => {
  parts = await Promise.all([startTestStore(), startTestStore()]);
  const urls = parts.map(({ url }) => url).join(',');
  process.env['DATABASE_URLS'] = urls;
  await claimShards(database());
  const writer = openShardedSpanWriter(urls);
  await exportTraces(writer.write)(tracesBody(spans));
  await writeIncident(database().prisma, INCIDENT);
  await writer.stop();
});

afterAll(async () => {
  await closeDatabase(database());
  await restarted?.stop();
  await Promise.all(parts.map((store) => store.stop()));
});

async function search() {
  const query = toTraceQuery(link, window.endUnixNano);
  if (query.kind === 'bad') throw new Error('the query was refused');
  const { result, missing } = await loadSearch(link, query.value);
  return { ids: result.traces.map((trace) => trace.traceId), missing };
}

async function map() {
  const snapshot = await loadMapSnapshot({ kind: 'range', window });
  const calls = snapshot.map.edges.reduce((sum, edge) => sum + edge.calls, 0);
  return { calls, missing: snapshot.missing };
}

/** Told of the window that the spans lie in. */
const INCIDENT = {
  ...replayFixture().incident,
  startUnixNano: fromUnixMs(now - MINUTE_MS),
  endUnixNano: fromUnixMs(now),
};

/** The two pages of an incident: what they leave out. */
async function incidentPages() {
  const params = Promise.resolve({ incidentId: INCIDENT.id });
  const overview = await IncidentPage({ params });
  const replay = await ReplayPage({ params, searchParams: Promise.resolve({}) });
  return [overview, replay].map(({ props }) => props.missing);
}

function page(traceId: string) {
  return TracePage({
    params: Promise.resolve({ traceId }),
    searchParams: Promise.resolve({}),
  });
}

test('pages show what is left and say which database gave nothing; afterwards they are whole again', async () => {
  const live = new LiveSnapshots();
  const callsOf = async () => {
    const { history, missing } = await live.take();
    return {
      history: JSON.stringify(history, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
      missing,
    };
  };
  const whole = { search: await search(), map: await map() };
  expect(whole.search.ids).toHaveLength(200);
  expect(whole.search.missing).toEqual([]);
  expect(whole.map.missing).toBeUndefined();
  expect((await callsOf()).missing).toBeUndefined();
  expect(await incidentPages()).toEqual([[], []]);
  expect((await loadHealth()).reasons).not.toContain('database 2 of 2 does not answer');

  const second = parts[1] as TestStore;
  process.kill(second.postgres.pid, 'SIGKILL');
  await expect
    .poll(async () => (await search()).missing, { timeout: 30_000 })
    .toEqual(['database 2 of 2']);
  const left = await search();
  const isHere = (id: string) => shardOf(Buffer.from(id, 'hex'), 0, 2) === 0;
  expect(new Set(left.ids)).toEqual(new Set(whole.search.ids.filter(isHere)));
  const partMap = await map();
  expect(partMap.missing).toEqual(['database 2 of 2']);
  expect(partMap.calls).toBeLessThan(whole.map.calls);
  expect(partMap.calls).toBeGreaterThan(0);
  expect((await callsOf()).missing).toEqual(['database 2 of 2']);

  expect(await loadHealth()).toMatchObject({
    status: 'degraded',
    reasons: expect.arrayContaining(['database 2 of 2 does not answer']),
  });
  expect(await incidentPages()).toEqual([['database 2 of 2'], ['database 2 of 2']]);

  const here = whole.search.ids.find(isHere) ?? '';
  expect((await page(here)).type).toBe(TraceScreen);
  const there = whole.search.ids.find((id) => !isHere(id)) ?? '';
  const away = await page(there);
  expect(away.type).toBe(TraceAway);
  expect(away.props).toEqual({ databases: ['database 2 of 2'] });

  restarted = await startEmbeddedPostgres({ dataDir: second.dataDir });
  await expect.poll(async () => (await search()).missing, { timeout: 30_000 }).toEqual([]);
  expect(await search()).toEqual(whole.search);
  expect(await map()).toEqual(whole.map);
  await expect.poll(async () => (await callsOf()).missing, { timeout: 30_000 }).toBeUndefined();
});
