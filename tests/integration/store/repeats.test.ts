import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readServiceSeconds } from '#store/services/read-services.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const FROM = 1_790_000_000_000_000_000n;
const LENGTH_NS = 1_200e9;
const WINDOW = {
  startUnixNano: unixNano(FROM),
  endUnixNano: unixNano(FROM + BigInt(LENGTH_NS) + 60_000_000_000n),
};
const LATER_MS = 10 * 60_000;

/** More than one compaction takes, so that a span and its repeat lie in different ones. */
const spans = randomMeshSpans(seededRandom(77), {
  traces: 5500,
  from: FROM,
  lengthNs: LENGTH_NS,
}).map(withoutAddress);

/** When an alias was last confirmed depends on the order of arrival; aliases have tests of their own. */
function withoutAddress(span: TestSpan): TestSpan {
  const { 'server.address': _, ...attributes } = span.attributes ?? {};
  return { ...span, attributes };
}

let once: TestStore;
let often: TestStore;

beforeAll(async () => {
  [once, often] = await Promise.all([startTestStore(), startTestStore()]);
  await send(once, spans, 90);
  await send(often, spans, 90);
}, 120_000);

afterAll(async () => {
  await Promise.all([once.stop(), often.stop()]);
});

async function send(store: TestStore, some: readonly TestSpan[], perBody: number): Promise<void> {
  const writer = openSpanWriter(store.url);
  const bodies: Uint8Array[] = [];
  for (let i = 0; i < some.length; i += perBody) {
    bodies.push(tracesBody(some.slice(i, i + perBody)));
  }
  await Promise.all(bodies.map(exportTraces(writer.write)));
  await writer.stop();
}

async function settle(store: TestStore): Promise<number> {
  let duplicates = 0;
  for (;;) {
    const done = await compactSegments(store.db, Date.now() + LATER_MS);
    if (done === undefined) break;
    duplicates += done.duplicates;
  }
  while ((await deriveSteps(store.db, Date.now() + LATER_MS)) > 0);
  return duplicates;
}

async function rollUps({ db }: TestStore) {
  return {
    edges: await readCallEdges(db, WINDOW),
    edgeSeconds: sortedText(await readCallEdgeSeconds(db, WINDOW)),
    serviceSeconds: sortedText(await readServiceSeconds(db, WINDOW)),
  };
}

function sortedText(rows: readonly object[]): readonly string[] {
  return rows.map((row) => JSON.stringify({ ...row, latency: [...latencyOf(row)] })).sort();
}

function latencyOf(row: object): Uint32Array {
  return (row as { readonly latency: Uint32Array }).latency;
}

const storedSpans = async (store: TestStore): Promise<number> =>
  (await store.db.pool.query('select sum(span_count)::int as n from span_segment')).rows[0].n;

test('spans that came again in other batches are counted once after compaction', async () => {
  expect(spans.length).toBeGreaterThan(19_000);
  await settle(once);
  const expected = await rollUps(once);

  // The first of them while nothing is compacted, so that some repeats lie in the run of their span and some in another.
  await send(often, spans.slice(500, 1500), 70);
  await send(often, spans.slice(-300), 55);
  expect(await settle(often)).toBe(1300);
  expect(await rollUps(often)).toEqual(expected);
  expect(await storedSpans(often)).toBe(spans.length);

  // Long after their spans were compacted, and twice.
  await send(often, spans.slice(2000, 2400), 33);
  await send(often, spans.slice(2200, 2600), 41);
  expect(await settle(often)).toBe(800);
  expect(await rollUps(often)).toEqual(expected);
  expect(await storedSpans(often)).toBe(spans.length);
  expect(await countTraceRows(often)).toBe(await countTraceRows(once));
  for (const { traceId: id } of spans.slice(0, 2600).filter((_, i) => i % 40 === 0)) {
    expect(await readTrace(often.db, traceId(id))).toEqual(await readTrace(once.db, traceId(id)));
  }
});

test('another span under an id that is taken was counted rightly, and stays counted', async () => {
  const [id, start] = ['ab'.repeat(16), FROM];
  const client = {
    traceId: id,
    spanId: 'cd'.repeat(8),
    service: 'web',
    kind: 3,
    start,
    end: start + 9_000n,
  };
  const server = { ...client, service: 'shop', kind: 2, parentSpanId: 'ef'.repeat(8) };
  await send(once, [client], 1);
  await send(once, [server], 1);
  const before = await rollUps(once);
  await settle(once);
  expect(await rollUps(once)).toEqual(before);
});

/** A trace whose spans all went leaves no pointer to the segment that is gone. */
async function countTraceRows(store: TestStore): Promise<number> {
  const { rows } = await store.db.pool.query(
    `select count(*)::int as n from trace_segment t
     where not exists (select from span_segment s where s.day = t.day and s.id = t.segment_id)`,
  );
  return rows[0].n;
}
