import { expect, test } from 'vitest';
import type { HeldMinutes } from '#store/call-edges/hold-minutes.ts';
import { RollUp } from '#store/call-edges/roll-up.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
/** As if each minute were held under one mark. */
const heldUnder = (mark: bigint): HeldMinutes => ({ get: () => mark }) as unknown as HeldMinutes;
const ANY_MINUTE = heldUnder(1n);

/** Seconds near each other, and so far apart that no batch looks their sums up together. */
test.each([60, 5, 100_000])('sums equal a count of the spans over %d s', (lengthSeconds) => {
  const spans = randomMeshSpans(seededRandom(7), {
    traces: 60,
    from: 1_790_000_000_000_000_000n,
    lengthNs: lengthSeconds * 1e9,
  });
  const rollUp = new RollUp();
  const batches = [spans.slice(0, 70), spans.slice(70)].map(
    (part) => decodeSpanBatch(tracesBody(part)).batch,
  );
  for (const batch of batches) rollUp.fold(batch, ANY_MINUTE);
  const { edges, services } = rollUp.takeDirty();
  const counted = batches.flatMap(rowsOf);
  expect(sum(services.map(({ calls }) => calls))).toBe(
    counted.filter(({ kind }) => kind === SERVER || kind === CONSUMER).length,
  );
  for (const { service, second, calls } of services) {
    const same = counted.filter(
      (row) =>
        (row.kind === SERVER || row.kind === CONSUMER) &&
        row.service === service &&
        row.second === second,
    );
    const rows = services.filter((row) => row.service === service && row.second === second);
    expect(sum(rows.map((row) => row.calls))).toBe(same.length);
    expect(calls).toBeLessThanOrEqual(same.length);
  }
  const calls = counted.filter(({ kind, peer }) => (kind === CLIENT || kind === PRODUCER) && peer);
  const byPeer = edges.filter(({ client }) => calls.some(({ service }) => service === client));
  for (const { client, server, second } of byPeer) {
    const rows = edges.filter(
      (row) => row.client === client && row.server === server && row.second === second,
    );
    const same = calls.filter(
      (row) => row.service === client && row.peer === server && row.second === second,
    );
    expect(sum(rows.map((row) => row.calls))).toBe(same.length);
  }
  for (const row of [...edges, ...services]) expect(sum([...row.latency])).toBe(row.calls);
});

test('a sum that did not change is not taken again', () => {
  const batch = decodeSpanBatch(
    tracesBody(
      randomMeshSpans(seededRandom(9), {
        traces: 10,
        from: 1_790_000_000_000_000_000n,
        lengthNs: 5e9,
      }),
    ),
  ).batch;
  const rollUp = new RollUp();
  rollUp.fold(batch, ANY_MINUTE);
  const first = rollUp.takeDirty();
  expect(first.services.length).toBeGreaterThan(0);
  expect(rollUp.takeDirty()).toEqual({ edges: [], services: [] });
  const before = sum(first.services.map(({ calls }) => calls));
  rollUp.fold(batch, ANY_MINUTE);
  const second = rollUp.takeDirty();
  expect(new Set(second.services)).toEqual(new Set(first.services));
  expect(sum(second.services.map(({ calls }) => calls))).toBe(before * 2);
});

test('once a minute was packed, its seconds go to rows of new writers that hold increments', () => {
  const { batch } = decodeSpanBatch(
    tracesBody(
      randomMeshSpans(seededRandom(9), {
        traces: 10,
        from: 1_790_000_000_000_000_000n,
        lengthNs: 5e9,
      }),
    ),
  );
  const rollUp = new RollUp();
  rollUp.fold(batch, heldUnder(1n));
  const before = rollUp.takeDirty();
  rollUp.fold(batch, heldUnder(2n));
  const after = rollUp.takeDirty();
  const writers = new Set(before.services.map(({ writer }) => writer));
  expect(after.services.filter(({ writer }) => writers.has(writer))).toEqual([]);
  expect(sum(after.services.map(({ calls }) => calls))).toBe(
    sum(before.services.map(({ calls }) => calls)),
  );
  expect(() => rollUp.fold(batch, new Map())).toThrow(/nobody holds the minute/);
});

test('with many edges the oldest seconds are closed, and what comes late goes to rows of new writers', () => {
  const rollUp = new RollUp();
  const totals = new Map<number, number[]>();
  const take = (second: number, edges: number): void => {
    rollUp.fold(callsIn(second, edges), ANY_MINUTE);
    for (const { calls } of rollUp.takeDirty().edges) {
      totals.set(second, [...(totals.get(second) ?? []), calls]);
    }
  };
  for (let second = 0; second < 6; second++) take(second, 5000);
  for (const second of [0, 5]) take(second, 1);
  expect(totals.get(0)?.at(-1)).toBe(1);
  expect(totals.get(5)?.at(-1)).toBe(2);
  expect([...totals.values()].map((calls) => calls.length)).toEqual([
    5001, 5000, 5000, 5000, 5000, 5001,
  ]);
});

/** One call to each of so many servers, all ended in one second. */
function callsIn(second: number, edges: number): SpanBatch {
  const start = 1_790_000_000_000_000_000n + BigInt(second) * 1_000_000_000n;
  const spans = Array.from({ length: edges }, (_, n) => ({
    service: 'gateway',
    traceId: `${n + 1}`.padStart(32, '0'),
    spanId: `${n + 1}`.padStart(16, '0'),
    kind: CLIENT,
    start,
    end: start + 1_000_000n,
    attributes: { 'service.peer.name': `server-${n}` },
  }));
  return decodeSpanBatch(tracesBody(spans)).batch;
}

function rowsOf(batch: SpanBatch) {
  return Array.from({ length: batch.count }, (_, i) => ({
    kind: batch.kind[i],
    second: batch.endSecond[i],
    service: batch.groups[batch.groupOf[i] as number]?.service,
    peer: batch.peers[batch.peerOf[i] as number]?.name,
  })).filter(({ second }) => second !== 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
