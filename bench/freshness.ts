/**
 * npm run bench:freshness [-- --marks 400]
 *
 * From the end of a span to the answer of the dashboard's HTTP API that has it, at a thousand spans a second beside it: by
 * its trace id, and in a search by service. Both processes are the built ones: npm run build.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { startBenchDashboard } from './support/bench-dashboard.ts';
import { argument, type Figure, printFigures, startBenchStore } from './support/bench-store.ts';
import { freshBody, recordBody } from './support/corpus.ts';
import { quantile } from './support/run-load.ts';

const BESIDE_EVERY_MS = 50;
/** Not a multiple of the other's period: marks meet every phase of it. */
const MARK_EVERY_MS = 77;
const POLL_MS = 5;
/** The first ones meet code that was not compiled yet. */
const WARM_UP = 40;
const NEVER_MS = 10_000;
const marks = argument('marks', 400);

/** Of one marked span, ms after its end. */
interface Mark {
  readonly acknowledgedMs: number;
  readonly visibleMs: number;
  /** How long the answer that had it took. */
  readonly answerMs: number;
}

const store = await startBenchStore();
const dashboard = await startBenchDashboard(store.url);
process.on('exit', () => {
  store.ingester.kill();
  dashboard.process.kill();
});
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
const byId = await timeMarks('a', isReadable);
const bySearch = await timeMarks('b', isFound);
clearInterval(load);
console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${marks} marked spans each, ${nonce * BESIDE_EVERY_MS} spans beside them at 1,000/s`,
);
printFigures([
  ...figuresOf('by trace id', byId, true),
  ...figuresOf('in a search by service', bySearch, false),
]);
await dashboard.stop();
await store.stop();

async function timeMarks(
  kind: 'a' | 'b',
  isVisible: (id: string) => Promise<boolean>,
): Promise<readonly Mark[]> {
  const timed: Mark[] = [];
  for (let i = 0; i < marks + WARM_UP; i++) {
    timed.push(await timeOneMark(`${kind}${i.toString(16).padStart(31, '0')}`, isVisible));
    await sleep(MARK_EVERY_MS);
  }
  return timed.slice(WARM_UP);
}

async function timeOneMark(id: string, isVisible: (id: string) => Promise<boolean>): Promise<Mark> {
  const end = nowNs();
  const begun = performance.now();
  const body = tracesBody([
    { service: 'marker', traceId: id, spanId: '1'.repeat(16), start: end - 1_000_000n, end },
  ]);
  const acknowledged = send(Buffer.from(body)).then(() => performance.now() - begun);
  for (;;) {
    const asked = performance.now();
    const isThere = await isVisible(id);
    const answered = performance.now();
    if (isThere) {
      return {
        acknowledgedMs: await acknowledged,
        visibleMs: answered - begun,
        answerMs: answered - asked,
      };
    }
    if (answered - begun > NEVER_MS) throw new Error(`${id} was not visible after 10 s`);
    await sleep(POLL_MS);
  }
}

async function isReadable(id: string): Promise<boolean> {
  const response = await fetch(`${dashboard.url}/api/v1/traces/${id}`);
  await response.arrayBuffer();
  if (!response.ok && response.status !== 404) {
    throw new Error(`the API answered ${response.status}`);
  }
  return response.ok;
}

async function isFound(id: string): Promise<boolean> {
  const response = await fetch(`${dashboard.url}/api/v1/traces?service=marker&limit=20`);
  const text = await response.text();
  if (!response.ok) throw new Error(`the API answered ${response.status}: ${text}`);
  return text.includes(id);
}

function figuresOf(how: string, timed: readonly Mark[], isGated: boolean): readonly Figure[] {
  const visible = timed.map(({ visibleMs }) => visibleMs);
  const parts: Figure[] = [
    { name: '  of which until acknowledged', of: ({ acknowledgedMs }: Mark) => acknowledgedMs },
    { name: '  of which the answer that had it', of: ({ answerMs }: Mark) => answerMs },
  ].flatMap(({ name, of }) =>
    [0.5, 0.99].map((q) => ({
      name: `${name}, p${q * 100}`,
      value: quantile(timed.map(of), q),
      unit: 'ms',
    })),
  );
  return [
    { name: `span end to visible ${how}, p50`, value: quantile(visible, 0.5), unit: 'ms' },
    {
      name: `span end to visible ${how}, p99`,
      value: quantile(visible, 0.99),
      unit: 'ms',
      ...(isGated && { gate: 400, target: 100 }),
    },
    ...parts,
  ];
}

async function send(body: Buffer): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(body),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`a body was refused: ${response.status}`);
}

function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
