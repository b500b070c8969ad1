/**
 * npm run bench:soak [-- --seconds 600 --part 0.7 --rate 60000]
 *
 * Spans at a steady part of the best rate, a third of the requests over gRPC: memory and latency by minute, and the exact
 * count at the end. The best rate is measured first, or given with --rate. Fails when anything was refused or lost.
 */
import os from 'node:os';
import { checkAcknowledged, LOAD_CORPUS, measureBestRate } from './support/acknowledged.ts';
import { argument, printFigures, startBenchStore } from './support/bench-store.ts';
import type { OfferOrder, OfferReport } from './support/offer-process.ts';
import { askProcess } from './support/run-load.ts';

const MINUTE = 60;
const SAMPLE_MS = 500;
const seconds = argument('seconds', 600);
const part = argument('part', 0.7);
/** A minute, or a sixth of a short run. */
const sliceSeconds = Math.min(MINUTE, Math.ceil(seconds / 6));

const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const best = await measureBestRate(store, argument('best-spans', 500_000));
const rate = argument('rate', best.spansPerSecond) * part;
console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · best ${Math.round(best.spansPerSecond).toLocaleString('en')} spans/s; ${Math.round(rate).toLocaleString('en')} spans/s for ${seconds} s`,
);

/** MiB at most, by slice. */
const memory: number[] = [];
const begun = performance.now();
const sampling = setInterval(() => {
  const slice = Math.floor((performance.now() - begun) / 1000 / sliceSeconds);
  memory[slice] = Math.max(memory[slice] ?? 0, store.ingesterResidentNowMib());
}, SAMPLE_MS);
const report = await askProcess<OfferOrder, OfferReport>('offer-process.ts', {
  httpUrl: `http://127.0.0.1:${store.httpPort}`,
  grpcPort: store.grpcPort,
  grpcPart: 1 / 3,
  corpus: LOAD_CORPUS,
  spansPerSecond: rate,
  seconds,
  most: 32,
  whenFull: 'wait',
  sliceSeconds,
  run: 2,
});
clearInterval(sampling);

console.log('  from       spans/s      p50      p99    worst   resident, most');
for (const [i, { acknowledged, p50Ms, p99Ms, worstMs }] of report.slices.entries()) {
  const spansPerSecond = (acknowledged * LOAD_CORPUS.spansPerBody) / sliceLength(i);
  console.log(
    `${String(i * sliceSeconds).padStart(5)} s ${Math.round(spansPerSecond).toLocaleString('en').padStart(12)} ${p50Ms.toFixed(0).padStart(5)} ms ${p99Ms.toFixed(0).padStart(5)} ms ${worstMs.toFixed(0).padStart(5)} ms ${residentIn(i).toFixed(0).padStart(11)} MiB`,
  );
}
const checked = await checkAcknowledged(store, report);
const expected = checked.spans + best.accepted;
console.log(
  `acknowledged ${expected}, in segments ${checked.spansInStore}, requests in roll-ups ${checked.requestsRolledUp} of ${expected / 2}, bodies missing ${checked.missingBodies}, traces read back ${checked.tracesRead}`,
);
const [first, last] = [report.slices[1], report.slices.at(-1)];
printFigures([
  {
    name: 'resident memory, last slice over the second',
    value: residentIn(report.slices.length - 1) / residentIn(1),
    unit: '×',
    gate: 1.2,
    target: 1.05,
  },
  {
    name: 'latency p50, last slice over the second',
    value: (last?.p50Ms ?? 0) / (first?.p50Ms ?? 0),
    unit: '×',
    gate: 1.5,
    target: 1.1,
  },
  {
    name: 'ingester resident memory, peak',
    value: store.ingesterResidentMib(),
    unit: 'MiB',
    gate: 500,
    target: 250,
  },
]);
const strangers = { ...report.refused, ...report.unexpected };
if (Object.keys(strangers).length > 0) console.log('not acknowledged:', strangers);
await store.stop();
const isExact =
  checked.spansInStore === expected &&
  checked.requestsRolledUp * 2 === expected &&
  checked.missingBodies === 0;
if (!isExact) throw new Error('spans were lost or doubled');
if (Object.keys(strangers).length > 0) throw new Error('requests were refused below the best rate');

function sliceLength(i: number): number {
  return Math.min(sliceSeconds, seconds - i * sliceSeconds);
}

function residentIn(slice: number): number {
  return memory[slice] ?? 0;
}
