/**
 * npm run bench:freshness [-- --marks 200]
 *
 * From the end of a span to the moment in which it can be read, at a thousand spans a second beside it.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTrace } from '#store/spans/read-trace.ts';
import { traceId } from '#telemetry/span.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { argument, printFigures, startBenchStore } from './support/bench-store.ts';
import { freshBody, recordBody } from './support/corpus.ts';
import { quantile } from './support/run-load.ts';

const BESIDE_EVERY_MS = 50;
const MARK_EVERY_MS = 100;
const POLL_MS = 2;
const marks = argument('marks', 200);

const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const url = `http://127.0.0.1:${store.httpPort}/v1/traces`;
const beside = recordBody(
  { seed: 3, bodies: 1, spansPerBody: BESIDE_EVERY_MS, spansPerTrace: 10, services: 10 },
  0,
);

let nonce = 0;
const load = setInterval(() => {
  void send(freshBody(beside, nonce++, nowNs()));
}, BESIDE_EVERY_MS);
await sleep(2000);
const ms: number[] = [];
for (let i = 0; i < marks; i++) {
  ms.push(await timeOneMark(i));
  await sleep(MARK_EVERY_MS);
}
clearInterval(load);
console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${marks} marked spans, 1,000 spans/s beside them`,
);
printFigures([
  {
    name: 'span end to readable, p50',
    value: quantile(ms, 0.5),
    unit: 'ms',
    gate: 250,
    target: 50,
  },
  {
    name: 'span end to readable, p99',
    value: quantile(ms, 0.99),
    unit: 'ms',
    gate: 400,
    target: 100,
  },
]);
await store.stop();

async function timeOneMark(i: number): Promise<number> {
  const id = `f${i.toString(16).padStart(31, '0')}`;
  const end = nowNs();
  const begun = performance.now();
  const body = tracesBody([
    { service: 'marker', traceId: id, spanId: '1'.repeat(16), start: end - 1_000_000n, end },
  ]);
  void send(Buffer.from(body));
  while ((await readTrace(store.db, traceId(id))).length === 0) await sleep(POLL_MS);
  return performance.now() - begun;
}

async function send(body: Buffer): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(body),
  });
  await response.arrayBuffer();
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
