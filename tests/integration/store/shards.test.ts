import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readModeSeconds } from '#store/call-edges/read-mode-seconds.ts';
import { claimShards, WrongShards } from '#store/claim-shards.ts';
import { closeDatabase, type Database, openDatabase } from '#store/client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { maintainStore } from '#store/maintain-store.ts';
import { listenForCommits } from '#store/notifications.ts';
import { readFreshness } from '#store/read-freshness.ts';
import {
  readOperations,
  readServiceInstances,
  readServiceNames,
  readServiceSeconds,
  readServices,
} from '#store/services/read-services.ts';
import { allowMissing, ShardAway, shardOf } from '#store/shards.ts';
import { readAttributeKeys, readAttributeValues } from '#store/spans/read-attribute-values.ts';
import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { readSpans } from '#store/spans/read-spans.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import type { SpanWriter } from '#store/spans/write-spans.ts';
import { openShardedSpanWriter } from '#store/spans/write-to-shards.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import type { TraceQuery } from '#telemetry/trace-summary.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const FROM = 1_790_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const LENGTH_NS = 900e9;
const WINDOW = {
  startUnixNano: unixNano(FROM),
  endUnixNano: unixNano(FROM + BigInt(LENGTH_NS) + 60n * SECOND),
};

let alone: TestStore;
let parts: readonly TestStore[] = [];
let db: Database;
let toOne: SpanWriter;
let toTwo: SpanWriter;
let restarted: EmbeddedPostgres | undefined;

const spans = randomMeshSpans(seededRandom(41), {
  traces: 500,
  from: FROM,
  lengthNs: LENGTH_NS,
}).map(withoutAddress);

/** When an alias was last confirmed depends on the order of arrival; aliases have a test of their own. */
function withoutAddress(span: TestSpan): TestSpan {
  const { 'server.address': _, ...attributes } = span.attributes ?? {};
  return { ...span, attributes };
}

beforeAll(async () => {
  const [one, ...two] = await Promise.all([startTestStore(), startTestStore(), startTestStore()]);
  [alone, parts] = [one, two];
  const urls = two.map(({ url }) => url).join(',');
  db = openDatabase(urls);
  await claimShards(db);
  toOne = openShardedSpanWriter(alone.url);
  toTwo = openShardedSpanWriter(urls);
  for (let i = 0; i < spans.length; i += 100) await sendToBoth(tracesBody(spans.slice(i, i + 100)));
});

afterAll(async () => {
  await Promise.all([toOne.stop(), toTwo.stop(), closeDatabase(db)]);
  await restarted?.stop();
  await Promise.all([alone, ...parts].map((store) => store.stop()));
});

async function sendToBoth(body: Uint8Array): Promise<void> {
  await Promise.all([exportTraces(toOne.write)(body), exportTraces(toTwo.write)(body)]);
}

const QUERIES: readonly Omit<TraceQuery, 'window'>[] = [
  { limit: 20 },
  { limit: 1000 },
  { limit: 7, service: 'song' },
  { limit: 30, status: 'error' },
  { limit: 5, operation: 'GET /song', minDurationNs: 1e6 },
  { limit: 10, mode: 'dns' },
  { limit: 10, attributes: [['user.id', 'user-17']] },
  { limit: 10, service: 'login', attributes: [['cache.hit', 'true']], maxDurationNs: 1e8 },
];

/** Every question that the spans and what is derived from them can answer. */
async function answers(from: Database): Promise<unknown> {
  const windows = [0n, 17n, 61n, 299n].map((offset) => ({
    startUnixNano: unixNano(FROM + offset * SECOND),
    endUnixNano: unixNano(FROM + (offset * 3n + 640n) * SECOND),
  }));
  const searches = [];
  for (const query of QUERIES) {
    const { traces, hasMore } = await searchTraces(from, { ...query, window: WINDOW });
    const size = { columns: 12, rows: 8 };
    const heatmap = await readDurationHeatmap(from, { ...query, window: WINDOW }, size);
    searches.push({ traces, hasMore, heatmap });
  }
  const ids = [...new Set(spans.map((span) => span.traceId))];
  return {
    spans: await readFreshness(from),
    edges: await Promise.all(windows.map((window) => readCallEdges(from, window))),
    services: await Promise.all(windows.map((window) => readServices(from, window))),
    edgeSeconds: await readCallEdgeSeconds(from, WINDOW),
    modeSeconds: await readModeSeconds(from, WINDOW, ({ client }) => client !== USERS),
    serviceSeconds: await readServiceSeconds(from, WINDOW),
    names: await readServiceNames(from),
    operations: await readOperations(from, 'song'),
    // When an instance was last seen is told to the store every other second only.
    instances: (await readServiceInstances(from, WINDOW)).map(({ instance }) => instance),
    named: await readSpans(from, { window: WINDOW, names: ['GET /', 'lookup'], limit: 40 }),
    searches,
    traces: await Promise.all(ids.map((id) => readTrace(from, traceId(id)))),
  };
}

const maintain = async (from: Database, nowMs: number) =>
  await maintainStore(from, { keepDays: 7, keepRollUpDays: 30_000, pinned: [], nowMs });

async function spansIn(store: TestStore): Promise<number> {
  const { rows } = await store.db.pool.query(
    'select coalesce(sum(span_count), 0)::int as n from span_segment',
  );
  return rows[0].n;
}

describe('a store of two databases', { timeout: 240_000 }, () => {
  test('answers every question as one of a single database does', async () => {
    const counts = await Promise.all(parts.map(spansIn));
    expect(counts.reduce((a, b) => a + b)).toBe(spans.length);
    for (const count of counts) expect(count).toBeGreaterThan(spans.length / 4);
    expect(await answers(db)).toEqual(await answers(alone.db));
  });

  test('keeps every trace on one of them', async () => {
    const keys = await Promise.all(
      parts.map(async (store) => {
        const { rows } = await store.db.pool.query('select distinct trace_key from trace_segment');
        return rows.map((row) => String(row.trace_key));
      }),
    );
    expect(new Set(keys.flat()).size).toBe(keys.flat().length);
  });

  test('compacts and sums up each by itself, and no answer changes', async () => {
    const later = Date.now() + 600_000;
    const done = await maintain(db, later);
    expect(done.compactions.length).toBeGreaterThanOrEqual(2);
    expect(done.derivedSteps).toBeGreaterThan(0);
    for (const part of parts) {
      const { rows } = await part.db.pool.query(
        'select min(level)::int as level from span_segment',
      );
      expect(rows[0].level).toBe(1);
    }
    await maintain(alone.db, later);
    expect(await answers(db)).toEqual(await answers(alone.db));
    expect(await readAttributeKeys(db, 'cache', 5)).toEqual(['cache.hit']);
    expect(await readAttributeValues(db, 'cache.hit', '', 5)).toEqual(['false', 'true']);
  });

  test('tells of commits on any of them', async () => {
    const seen: number[] = [];
    const stop = await listenForCommits(db, ({ seconds }) => seen.push(...seconds));
    for (const home of [0, 1]) {
      const [span] = spansOn(home, 1);
      await sendToBoth(tracesBody([span as TestSpan]));
      const second = Number((span as TestSpan).end / SECOND);
      await expect.poll(() => seen, { timeout: 30_000 }).toContain(second);
      seen.length = 0;
    }
    await stop();
  });

  test('learns who stands behind an address on either', async () => {
    for (const home of [0, 1]) {
      const [base] = spansOn(home, 1);
      const client = {
        ...(base as TestSpan),
        service: 'artist',
        kind: 3,
        attributes: { 'server.address': '10.9.9.9', 'server.port': 80n },
      };
      const server = { ...client, service: 'image', kind: 2, attributes: {} };
      await sendToBoth(
        tracesBody([client, { ...server, spanId: 'ab'.repeat(8), parentSpanId: client.spanId }]),
      );
    }
    const found = (await readCallEdges(db, WINDOW)).filter(({ server }) => server === 'image');
    expect(found.map(({ client, calls }) => [client, calls])).toEqual([['artist', 2]]);
    expect(await readCallEdges(db, WINDOW)).toEqual(await readCallEdges(alone.db, WINDOW));
  });

  test('refuses databases that are left out or in another order', async () => {
    const urls = parts.map(({ url }) => url);
    for (const [named, words] of [
      [[...urls].reverse(), 'keep their order'],
      [urls.slice(0, 1), 'the store has 2 databases, but 1 are named'],
      [[...urls, alone.url], 'holds the spans of another store'],
    ] as const) {
      const wrong = openDatabase(named.join(','));
      await expect(claimShards(wrong)).rejects.toThrow(WrongShards);
      await expect(claimShards(wrong)).rejects.toThrow(words);
      await closeDatabase(wrong);
    }
  });

  test('of which one is killed: nothing is lost, doubled or passed over in silence', async () => {
    const [first, second] = [spansOn(0, 40), spansOn(1, 40)];
    const body = tracesBody([...first, ...second]);
    const before = await Promise.all(parts.map(spansIn));
    process.kill((parts[1] as TestStore).postgres.pid, 'SIGKILL');

    const sent = exportTraces(toTwo.write)(body);
    await expect(sent).rejects.toThrow('database 2 of 2');
    await expect(exportTraces(toTwo.write)(body)).rejects.toThrow('database 2 of 2');
    expect(await spansIn(parts[0] as TestStore)).toBe((before[0] ?? 0) + 40);

    await expect(readCallEdges(db, WINDOW)).rejects.toThrow(ShardAway);
    const partial = allowMissing(db);
    const edges = await readCallEdges(partial, WINDOW);
    expect([...partial.missing]).toEqual(['database 2 of 2']);
    expect(edges).toEqual(await readCallEdges((parts[0] as TestStore).db, WINDOW));
    const here = traceId(first[0]?.traceId ?? '');
    expect(await readTrace(allowMissing(db), here)).toHaveLength(1);
    const there = traceId(second[0]?.traceId ?? '');
    await expect(readTrace(allowMissing(db), there)).rejects.toThrow('database 2 of 2');

    restarted = await startEmbeddedPostgres({ dataDir: (parts[1] as TestStore).dataDir });
    const accepted = async (): Promise<boolean> =>
      await exportTraces(toTwo.write)(body).then(
        () => true,
        () => false,
      );
    await expect.poll(accepted, { timeout: 30_000, interval: 100 }).toBe(true);
    const another = openShardedSpanWriter(parts.map(({ url }) => url).join(','));
    expect((await exportTraces(another.write)(body)).accepted).toBe(80);
    await another.stop();
    await exportTraces(toOne.write)(body);
    await expect
      .poll(
        () =>
          readFreshness(db).then(
            (one) => one.spans,
            () => 0,
          ),
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    expect(await answers(db)).toEqual(await answers(alone.db));
  });
});

let made = 0;

/** Spans of traces that lie on the given shard. */
function spansOn(shard: number, count: number): readonly TestSpan[] {
  const found: TestSpan[] = [];
  while (found.length < count) {
    made++;
    const id = Buffer.alloc(16, 7);
    id.writeUInt32BE(made, 8);
    id.writeUInt32BE(Math.imul(made, 2_654_435_761) >>> 0, 12);
    if (shardOf(id, 0, 2) !== shard) continue;
    const start = FROM + BigInt(made) * 977n * 1_000_003n;
    found.push({
      service: 'gateway',
      instance: 'gateway-1',
      traceId: id.toString('hex'),
      spanId: made.toString(16).padStart(16, '0'),
      kind: 3,
      start,
      end: start + 5_000_000n,
      attributes: { 'service.peer.name': 'song' },
    });
  }
  return found;
}
