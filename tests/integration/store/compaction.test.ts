import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { traceId } from '#telemetry/span.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const TRACES = 1300;
const SPANS_PER_TRACE = 10;
const FROM = 1_790_000_000_000_000_000n;
const LATER_MS = 10 * 60_000;

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(async () => {
  await store.stop();
});

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Span `place` of each trace of `from`, `count` of them: as services that each report for themselves. */
function bodyOf(from: number, count: number, place: number): Uint8Array {
  return tracesBody(
    Array.from({ length: count }, (_, n) => ({
      service: `service-${place}`,
      traceId: hex(from + n + 1, 32),
      spanId: hex((from + n + 1) * 100 + place, 16),
      name: 'GET /',
      start: FROM + BigInt(place) * 1_000_000n,
      end: FROM + BigInt(place) * 1_000_000n + 500_000n,
    })),
  );
}

async function send(bodies: readonly Uint8Array[]): Promise<void> {
  const writer = openSpanWriter(store.url);
  // One after the other, so that each lies in a segment of its own.
  for (const body of bodies) await exportTraces(writer.write)(body);
  await writer.stop();
}

test('spans of a trace that came in many requests lie in one segment, and those are of one size', async () => {
  const places = Array.from({ length: SPANS_PER_TRACE }, (_, place) => place);
  await send(places.map((place) => bodyOf(0, TRACES, place)));

  const done = await compactSegments(store.db, Date.now() + LATER_MS);
  expect(done).toEqual({ segmentsBefore: SPANS_PER_TRACE, segmentsAfter: 3, duplicates: 0 });
  const { rows } = await store.db.pool.query('select span_count from span_segment where level = 1');
  const sizes = rows.map((row: { readonly span_count: number }) => row.span_count);
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(TRACES * SPANS_PER_TRACE);
  for (const size of sizes) {
    expect(Math.abs(size - (TRACES * SPANS_PER_TRACE) / 3)).toBeLessThanOrEqual(SPANS_PER_TRACE);
  }
  const { rows: pointers } = await store.db.pool.query('select trace_key from trace_segment');
  expect(pointers).toHaveLength(TRACES);
  for (const trace of [1, 650, TRACES]) {
    const spans = await readTrace(store.db, traceId(hex(trace, 32)));
    expect(spans.map(({ service }) => service).sort()).toEqual(
      places.map((place) => `service-${place}`),
    );
  }
});

test('a trace larger than a segment is kept whole', async () => {
  const spansPerBody = 2000;
  const bodies = Array.from({ length: 7 }, (_, part) =>
    tracesBody(
      Array.from({ length: spansPerBody }, (_, n) => ({
        service: 'batch',
        traceId: 'a'.repeat(32),
        spanId: hex(part * spansPerBody + n + 1, 16),
        name: 'step',
        start: FROM,
        end: FROM + 1000n,
      })),
    ),
  );
  await send(bodies);
  while (await compactSegments(store.db, Date.now() + LATER_MS));
  expect(await readTrace(store.db, traceId('a'.repeat(32)))).toHaveLength(7 * spansPerBody);
});
