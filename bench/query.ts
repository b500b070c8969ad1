/**
 * npm run bench:query [-- --spans 5000000 --services 10 --per-trace 10 --calls 200]
 *
 * Questions to a full store, warm and at rest: by trace, by search, and the service graph.
 */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { traceId } from '#telemetry/span.ts';
import { fromUnixMs, type TimeWindow } from '#telemetry/time.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { argument, printFigures, startBenchStore } from './support/bench-store.ts';
import { quantile, runLoad } from './support/run-load.ts';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const spans = argument('spans', 5_000_000);
const calls = argument('calls', 200);
const corpus = {
  seed: 2,
  bodies: 64,
  spansPerBody: 500,
  spansPerTrace: argument('per-trace', 10),
  services: argument('services', 10),
};

const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const order = { url: `http://127.0.0.1:${store.httpPort}`, corpus, connections: 8 };
const said = performance.now();
const say = (what: string): void =>
  console.log(`${((performance.now() - said) / 1000).toFixed(0)} s: ${what}`);
const dayPart = Math.round(spans / 5);
await runLoad({ ...order, spans: dayPart, spreadSeconds: DAY_SECONDS, run: 0 });
await runLoad({ ...order, spans: spans - dayPart, spreadSeconds: HOUR_SECONDS, run: 1 });
// The corpus repeats its attribute values; these stand in one span each.
const orders = Array.from({ length: 50 }, (_, i) => `order-${i.toString(36)}-${Date.now()}`);
for (const [i, id] of orders.entries()) await sendMarked(i, id);
say('loaded');
if (!process.argv.includes('--fresh')) {
  while (await compactSegments(store.db, Date.now() + 600_000));
}
say('compacted');
while ((await deriveSteps(store.db, Date.now())) > 0);
await store.db.pool.query('vacuum analyze');

say('roll-ups derived');
const roll = seededRandom(4);
const ids = await someTraceIds();
say('questions begin');
const now = Date.now();
const last = (seconds: number): TimeWindow => ({
  startUnixNano: fromUnixMs(now - seconds * 1000),
  endUnixNano: fromUnixMs(now + 60_000),
});
const pick = <T>(values: readonly T[]): T => values[Math.floor(roll() * values.length)] as T;

const byId = await timed(calls * 5, async () => {
  const found = await readTrace(store.db, traceId(pick(ids)));
  if (found.length === 0) throw new Error('a stored trace was not found');
});
const byDuration = await timed(calls, () =>
  searchTraces(store.db, {
    window: last(HOUR_SECONDS),
    service: `service-${Math.floor(roll() * corpus.services)}`,
    minDurationNs: 20e6,
    limit: 20,
  }),
);
const byAttribute = await timed(Math.ceil(calls / 4), async () => {
  const { traces } = await searchTraces(store.db, {
    window: last(DAY_SECONDS),
    attributes: [['order.id', pick(orders)]],
    limit: 20,
  });
  if (traces.length !== 1) throw new Error('a stored attribute was not found');
});
const graphHour = await timed(calls, () => readCallEdges(store.db, last(HOUR_SECONDS)));
const graphDay = await timed(calls, () => readCallEdges(store.db, last(DAY_SECONDS)));

console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${spans.toLocaleString('en')} spans, ${corpus.services} services, ${corpus.spansPerTrace} spans a trace`,
);
printFigures([
  { name: 'trace by id, p50', value: quantile(byId, 0.5), unit: 'ms', gate: 3, target: 2 },
  { name: 'trace by id, p99', value: quantile(byId, 0.99), unit: 'ms', gate: 12, target: 6 },
  {
    name: 'search by service and duration, p50',
    value: quantile(byDuration, 0.5),
    unit: 'ms',
    gate: 20,
    target: 8,
  },
  {
    name: 'search by a rare attribute, p50',
    value: quantile(byAttribute, 0.5),
    unit: 'ms',
    gate: 300,
    target: 50,
  },
  {
    name: 'service graph of 1 h, p50',
    value: quantile(graphHour, 0.5),
    unit: 'ms',
    gate: 20,
    target: 3,
  },
  {
    name: 'service graph of 24 h, p50',
    value: quantile(graphDay, 0.5),
    unit: 'ms',
    gate: 60,
    target: 20,
  },
]);
await store.stop();

/** Milliseconds of each call, one after the other; the first tenth warms up and is not counted. */
async function timed(count: number, call: () => Promise<unknown>): Promise<readonly number[]> {
  const ms: number[] = [];
  for (let i = 0; i < count * 1.1; i++) {
    const begun = performance.now();
    await call();
    ms.push(performance.now() - begun);
  }
  return ms.slice(-count);
}

/** Out of all the day. */
async function someTraceIds(): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < 1000) {
    const end = Date.now() - roll() * DAY_SECONDS * 1000;
    const window = { startUnixNano: fromUnixMs(end - 60_000), endUnixNano: fromUnixMs(end) };
    const { traces } = await searchTraces(store.db, { window, limit: 20 });
    found.push(...traces.map((trace) => trace.traceId));
  }
  return found;
}

/** Together with spans of the corpus, so that it lies in a segment like any other. */
async function sendMarked(i: number, id: string): Promise<void> {
  const start = BigInt(Date.now() - i * 60_000) * 1_000_000n;
  const span = {
    traceId: randomBytes(16).toString('hex'),
    spanId: '1'.repeat(16),
    start,
    end: start,
  };
  const body = tracesBody([{ ...span, service: 'orders', attributes: { 'order.id': id } }]);
  await fetch(`${order.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(body),
  });
}
