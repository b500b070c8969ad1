/**
 * npm run bench:overload [-- --seconds 60 --times 5 --most 500]
 *
 * Several times what the ingester can take, half of the requests over gRPC. It must neither fall nor grow, each request must
 * be acknowledged or told to come again in the words of its protocol, and everything acknowledged must be in the store.
 * Fails when one of these does not hold.
 */
import os from 'node:os';
import { checkAcknowledged, LOAD_CORPUS, measureBestRate } from './support/acknowledged.ts';
import { argument, printFigures, startBenchStore } from './support/bench-store.ts';
import type { OfferOrder, OfferReport } from './support/offer-process.ts';
import { askProcess, quantile, runLoad } from './support/run-load.ts';

const MOST_MIB = 500;
const seconds = argument('seconds', 60);
const times = argument('times', 5);

const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const best = await measureBestRate(store, argument('best-spans', 500_000));
const calmMib = store.ingesterResidentMib();
const rate = argument('rate', best.spansPerSecond) * times;
console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · best ${show(best.spansPerSecond)} spans/s; ${show(rate)} spans/s due for ${seconds} s`,
);
const report = await askProcess<OfferOrder, OfferReport>('offer-process.ts', {
  httpUrl: `http://127.0.0.1:${store.httpPort}`,
  grpcPort: store.grpcPort,
  grpcPart: 0.5,
  corpus: LOAD_CORPUS,
  spansPerSecond: rate,
  seconds,
  most: argument('most', 500),
  whenFull: 'skip',
  sliceSeconds: seconds,
  run: 2,
});
const checked = await checkAcknowledged(store, report);
const afterwards = await runLoad({
  url: `http://127.0.0.1:${store.httpPort}`,
  corpus: LOAD_CORPUS,
  connections: 8,
  spreadSeconds: 10,
  spans: 100_000,
  run: 3,
});
const inSpans = (requests: number): number => requests * LOAD_CORPUS.spansPerBody;
console.log(
  `sent ${show(inSpans(report.sent) / report.seconds)} spans/s (${show(inSpans(report.skipped) / report.seconds)} more found no free connection), acknowledged ${show(checked.spans / report.seconds)} spans/s`,
);
console.log('refused, requests:', report.refused);
if (Object.keys(report.unexpected).length > 0) console.log('otherwise:', report.unexpected);
const expected = checked.spans + best.accepted;
console.log(
  `acknowledged ${expected}, in segments ${checked.spansInStore}, requests in roll-ups ${checked.requestsRolledUp} of ${expected / 2}, bodies missing ${checked.missingBodies}, traces read back ${checked.tracesRead}`,
);
printFigures([
  { name: 'ingester resident memory before', value: calmMib, unit: 'MiB' },
  {
    name: 'ingester resident memory, peak',
    value: store.ingesterResidentMib(),
    unit: 'MiB',
    gate: MOST_MIB,
    target: 250,
  },
  {
    name: 'acknowledged after, p99, a calm load afterwards',
    value: quantile(afterwards.ackMs, 0.99),
    unit: 'ms',
  },
]);
const faults = faultsOf();
await store.stop();
if (faults.length > 0) throw new Error(faults.join('; '));

function faultsOf(): readonly string[] {
  const isExact =
    checked.spansInStore === expected &&
    checked.requestsRolledUp * 2 === expected &&
    checked.missingBodies === 0;
  return [
    store.ingester.exitCode === null ? '' : 'the ingester fell',
    isExact ? '' : 'spans were lost or doubled',
    Object.keys(report.unexpected).length === 0
      ? ''
      : 'requests ended without a word to come again',
    Object.keys(report.refused).length > 0 ? '' : 'nothing was refused: not an overload',
    store.ingesterResidentMib() <= MOST_MIB ? '' : 'the ingester grew',
    afterwards.refused === 0 ? '' : 'a calm load was refused afterwards',
  ].filter((fault) => fault !== '');
}

function show(value: number): string {
  return Math.round(value).toLocaleString('en');
}
