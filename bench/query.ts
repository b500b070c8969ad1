/**
 * npm run bench:query [-- --spans 5000000 --services 10 --huge 100000 --calls 1000 --data-dir /tmp/bench-5m]
 *
 * Questions to a full store, warm and at rest: by trace, by search, and the service graph. With --data-dir the store is
 * kept, and the next run asks it again without loading.
 */
import os from 'node:os';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { traceId } from '#telemetry/span.ts';
import { fromUnixMs, type TimeWindow } from '#telemetry/time.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { argument, type Figure, printFigures, textArgument } from './support/bench-store.ts';
import { DAY_SECONDS, HOUR_SECONDS, startFullStore } from './support/full-store.ts';
import { quantile } from './support/run-load.ts';

const calls = argument('calls', 1000);
const only = textArgument('only');
const store = await startFullStore(
  {
    spans: argument('spans', 5_000_000),
    services: argument('services', 10),
    hugeSpans: argument('huge', 100_000),
  },
  textArgument('data-dir'),
);
process.on('exit', () => store.ingester.kill());
const { db, corpus } = store;
const roll = seededRandom(4);
const pick = <T>(values: readonly T[]): T => values[Math.floor(roll() * values.length)] as T;
const last = (seconds: number): TimeWindow => ({
  startUnixNano: fromUnixMs(corpus.loadedAtMs - seconds * 1000),
  endUnixNano: fromUnixMs(corpus.loadedAtMs + 60_000),
});
const ids = await someTraceIds();
const figures: Figure[] = [];

await ask('trace by id', calls, { p50: [3, 2], p99: [12, 6] }, async () => {
  const found = await readTrace(db, traceId(pick(ids)));
  if (found.length === 0) throw new Error('a stored trace was not found');
});
await ask('search by service and duration, 1 h', calls, { p50: [20, 8] }, () =>
  searchTraces(db, {
    window: last(HOUR_SECONDS),
    service: `service-${Math.floor(roll() * corpus.services)}`,
    minDurationNs: 20e6,
    limit: 20,
  }),
);
await ask(
  'search by a rare attribute, 24 h',
  Math.ceil(calls / 5),
  { p50: [300, 50] },
  async () => {
    const { traces } = await searchTraces(db, {
      window: last(DAY_SECONDS),
      attributes: [['order.id', pick(corpus.orders)]],
      limit: 20,
    });
    if (traces.length !== 1) throw new Error('a stored attribute was not found');
  },
);
await ask(
  'search by an attribute that nobody has, 24 h',
  Math.ceil(calls / 5),
  { p50: [300, 50] },
  async () => {
    const { traces } = await searchTraces(db, {
      window: last(DAY_SECONDS),
      attributes: [['order.id', `order-${roll()}`]],
      limit: 20,
    });
    if (traces.length !== 0) throw new Error('what nobody sent was found');
  },
);
await ask('service graph, 1 h', calls, { p50: [20, 3] }, () =>
  readCallEdges(db, last(HOUR_SECONDS)),
);
await ask('service graph, 24 h', calls, { p50: [60, 20] }, () =>
  readCallEdges(db, last(DAY_SECONDS)),
);
await ask(
  `trace of ${corpus.hugeSpans.toLocaleString('en')} spans by id`,
  5,
  { p50: [1500, 500] },
  () => readTrace(db, traceId(corpus.hugeTraceId)),
);

console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${corpus.spans.toLocaleString('en')} spans, ${corpus.services} services, traces of 10, 100 and ${corpus.hugeSpans.toLocaleString('en')} spans`,
);
const { runs, seconds, cpuSeconds } = corpus.compaction;
console.log(
  `compaction of the whole: ${runs} runs, ${seconds.toFixed(0)} s, ${((cpuSeconds / corpus.spans) * 1e6).toFixed(1)} CPU-s per million spans`,
);
printFigures(figures);
await store.stop();

/** One after the other; the first tenth warms up and is not counted. Goals in ms: gate and target. */
async function ask(
  name: string,
  count: number,
  goals: { readonly p50: readonly [number, number]; readonly p99?: readonly [number, number] },
  call: () => Promise<unknown>,
): Promise<void> {
  if (only !== undefined && !name.includes(only)) return;
  const ms: number[] = [];
  for (let i = 0; i < count * 1.1; i++) {
    const begun = performance.now();
    await call();
    ms.push(performance.now() - begun);
  }
  const counted = ms.slice(-count);
  const p99 = quantile(counted, 0.99);
  const [gate, target] = goals.p50;
  const named = `${name} (${count} calls)`;
  figures.push({ name: `${named}, p50`, value: quantile(counted, 0.5), unit: 'ms', gate, target });
  if (goals.p99 === undefined) figures.push({ name: `${named}, p99`, value: p99, unit: 'ms' });
  else {
    const [p99Gate, p99Target] = goals.p99;
    figures.push({
      name: `${named}, p99`,
      value: p99,
      unit: 'ms',
      gate: p99Gate,
      target: p99Target,
    });
  }
}

/** Out of all the day. */
async function someTraceIds(): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < 1000) {
    const end = corpus.loadedAtMs - roll() * DAY_SECONDS * 1000;
    const window = { startUnixNano: fromUnixMs(end - 60_000), endUnixNano: fromUnixMs(end) };
    const { traces } = await searchTraces(db, { window, limit: 20 });
    found.push(...traces.map((trace) => trace.traceId));
  }
  return found;
}
