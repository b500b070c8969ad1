import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readFreshness } from '#store/read-freshness.ts';
import { readServiceInstances, readServices } from '#store/services/read-services.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { unixNano } from '#telemetry/time.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { postTraces, startIngester, type TestIngester } from '#tests/support/start-ingester.ts';
import { endProcess } from '#tests/support/start-process.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const FROM = 1_790_000_000_000_000_000n;
const WINDOW = { startUnixNano: unixNano(FROM), endUnixNano: unixNano(FROM + 120_000_000_000n) };
const SPANS_PER_BODY = 25;

let shared: TestStore;
let alone: TestStore;
let ingesters: readonly TestIngester[] = [];

beforeAll(async () => {
  [shared, alone] = await Promise.all([startTestStore(), startTestStore()]);
  const env = { DATABASE_URL: shared.url };
  ingesters = await Promise.all([startIngester(env), startIngester(env)]);
});

afterAll(async () => {
  await Promise.all(ingesters.map(({ child }) => endProcess(child, 'SIGTERM')));
  await Promise.all([shared.stop(), alone.stop()]);
});

async function send(receiver: number, body: Uint8Array): Promise<number> {
  const response = await postTraces(ingesters[receiver]?.httpPort ?? 0, body);
  await response.arrayBuffer();
  return response.status;
}

function bodies(): readonly Uint8Array[] {
  const roll = seededRandom(31);
  const spans = randomMeshSpans(roll, { traces: 400, from: FROM, lengthNs: 60e9 }).map(
    withoutAddress,
  );
  // Not in order of traces: the spans of one come to both ingesters.
  const mixed = spans
    .map((span) => ({ span, at: roll() }))
    .sort((a, b) => a.at - b.at)
    .map(({ span }) => span);
  return Array.from({ length: Math.ceil(mixed.length / SPANS_PER_BODY) }, (_, i) =>
    tracesBody(mixed.slice(i * SPANS_PER_BODY, (i + 1) * SPANS_PER_BODY)),
  );
}

/** Who stands behind an address is learnt from both halves of a call, which must meet in one ingester. */
function withoutAddress(span: TestSpan): TestSpan {
  const { 'server.address': _, ...attributes } = span.attributes ?? {};
  return { ...span, attributes };
}

async function answers({ db }: TestStore): Promise<unknown> {
  return {
    spans: (await readFreshness(db)).spans,
    edges: await readCallEdges(db, WINDOW),
    seconds: await readCallEdgeSeconds(db, WINDOW),
    services: await readServices(db, WINDOW),
    // When an instance was last seen is told to the store every other second only.
    instances: (await readServiceInstances(db, WINDOW)).map(({ instance }) => instance),
  };
}

test('two ingesters fill one store as one does, and a body that both got is there once', async () => {
  const sent = bodies();
  await Promise.all(
    sent.map(async (body, i) => {
      // Every third comes to both at once, every sixth again later.
      const receivers = i % 3 === 0 ? [0, 1] : [i % 2];
      const statuses = await Promise.all(receivers.map((receiver) => send(receiver, body)));
      expect(statuses).toEqual(receivers.map(() => 200));
      if (i % 6 === 0) expect(await send(i % 2, body)).toBe(200);
    }),
  );
  const writer = openSpanWriter(alone.url);
  await Promise.all(sent.map((body) => exportTraces(writer.write)(body)));
  await writer.stop();
  const expected = await answers(alone);
  expect(await answers(shared)).toEqual(expected);
  const writers = await shared.db.pool.query(
    'select count(distinct writer)::int as n from call_edge_second group by second order by n desc limit 1',
  );
  expect(writers.rows[0].n).toBeGreaterThan(1);
});
