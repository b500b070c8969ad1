/**
 * npm run bench:sidecar [-- --seconds 5 --rounds 3 --only sidecar --prof FOLDER]
 *
 * Our sidecar and other proxies before the same backend in one run: requests per CPU-second when driven as fast as it
 * goes, and the latency that each adds at half that rate of the slowest, in an open loop. The proxy's own CPU time is
 * counted, so that what else the machine does matters little to the first figure.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { SMALL } from '#processes/supervisor/plan.ts';
import { processStat, processTree } from '#tests/support/process-tree.ts';
import { catalogueOf, startTestControlPlane } from '#tests/support/test-control-plane.ts';
import type { HttpLoadOrder, HttpLoadReport } from './support/http-load.ts';
import {
  type MaybeProxy,
  type Place,
  type RunningProxy,
  startEnvoy,
  startHaproxy,
  startNginx,
  startPipe,
  startSidecarProcess,
} from './support/proxies.ts';
import { askProcess, quantile } from './support/run-load.ts';
import { startSpanSink } from './support/span-sink.ts';

const CONNECTIONS = 32;
const TICKS_PER_SECOND = 100;
const HOST = '127.25.9.1';
const BACKEND: Place = { host: '127.25.13.1', port: 15_006 };

const seconds = Number(option('seconds') ?? 5);
const rounds = Number(option('rounds') ?? 3);
const only = option('only');
const profile = option('prof');

interface Measured {
  readonly proxy: RunningProxy;
  readonly perCpuSecond: number[];
  readonly perSecond: number[];
  failed: number;
  answered: number;
}

console.log(
  `${new Date().toISOString()} node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`,
);
const backend = fork(
  path.join(import.meta.dirname, 'support/http-backend.ts'),
  [BACKEND.host, `${BACKEND.port}`],
  { execArgv: ['--import', 'tsx'] },
);
await once(backend, 'message');
const sink = await startSpanSink(HOST);
const mesh = await startTestControlPlane({ host: HOST });
mesh.controlPlane.applyCatalogue(
  catalogueOf({ song: [`${BACKEND.host}:${BACKEND.port}`] }, 'http'),
);

const starts: Readonly<Record<string, () => Promise<MaybeProxy>>> = {
  sidecar: () =>
    startSidecarProcess(
      { host: '127.25.10.1', port: 15_001 },
      mesh.address,
      sink.url,
      // As the lab starts it.
      profile === undefined ? SMALL : [...SMALL, '--cpu-prof', `--cpu-prof-dir=${profile}`],
    ),
  pipe: () => startPipe({ host: '127.25.10.5', port: 15_001 }, BACKEND),
  haproxy: () => startHaproxy({ host: '127.25.10.2', port: 15_001 }, BACKEND),
  nginx: () => startNginx({ host: '127.25.10.3', port: 15_001 }, BACKEND),
  envoy: () => startEnvoy({ host: '127.25.10.4', port: 15_001 }, BACKEND, sink.url),
};

const measured: Measured[] = [];
for (const [key, start] of Object.entries(starts)) {
  if (only !== undefined && only !== key) continue;
  const proxy = await start();
  if ('absent' in proxy) console.log(`${proxy.name}: left out, ${proxy.absent}`);
  else measured.push({ proxy, perCpuSecond: [], perSecond: [], failed: 0, answered: 0 });
}

for (const entry of measured) await drive(entry, Math.min(2, seconds));
for (const entry of measured)
  Object.assign(entry, { perCpuSecond: [], perSecond: [], answered: 0 });
const spansBefore = sink.spans();
for (let round = 0; round < rounds; round++) {
  // To and fro, so that a machine that slows down or speeds up favours none.
  const order = round % 2 === 0 ? measured : [...measured].reverse();
  for (const entry of order) await drive(entry, seconds);
}
printRates();
await printLatencies();

for (const { proxy } of measured) await proxy.stop();
printSpans();
mesh.stop();
sink.close();
backend.disconnect();
process.exit(measured.some(({ failed }) => failed > 0) ? 1 : 0);

async function drive(entry: Measured, forSeconds: number): Promise<void> {
  const cpuBefore = cpuSeconds(entry.proxy.pid);
  const report = await load(entry.proxy.place, { seconds: forSeconds });
  const cpu = cpuSeconds(entry.proxy.pid) - cpuBefore;
  entry.perCpuSecond.push(report.answered / cpu);
  entry.perSecond.push(report.answered / report.seconds);
  entry.answered += report.answered;
  entry.failed += report.failed;
}

function load(
  place: Place,
  rest: { readonly seconds: number; readonly rate?: number },
): Promise<HttpLoadReport> {
  const order = { ...place, authority: 'song', connections: CONNECTIONS, ...rest };
  return askProcess<HttpLoadOrder, HttpLoadReport>('http-load.ts', order);
}

function printRates(): void {
  const ours = measured.find(({ proxy }) => proxy.name.startsWith('sidecar'));
  const base = ours && quantile(ours.perCpuSecond, 0.5);
  console.log(`\n${rounds} rounds of ${seconds} s, ${CONNECTIONS} connections, medians`);
  console.log('proxy                   req/CPU-s  (least to most)      CPU µs   req/s    ours/its');
  for (const { proxy, perCpuSecond, perSecond, failed } of measured) {
    const rate = quantile(perCpuSecond, 0.5);
    const span = `${round(Math.min(...perCpuSecond))} to ${round(Math.max(...perCpuSecond))}`;
    const ratio = base === undefined ? '' : (base / rate).toFixed(2);
    console.log(
      `${proxy.name.padEnd(22)} ${round(rate).padStart(10)}  ${span.padEnd(20)} ${(1e6 / rate).toFixed(1).padStart(6)} ${round(quantile(perSecond, 0.5)).padStart(8)} ${ratio.padStart(8)}${failed > 0 ? `  ${failed} FAILED` : ''}`,
    );
  }
}

async function printLatencies(): Promise<void> {
  const slowest = Math.min(...measured.map(({ perSecond }) => quantile(perSecond, 0.5)));
  const rate = Math.floor(slowest / 2);
  const direct = await load(BACKEND, { seconds, rate });
  const base = { p50: quantile(direct.latencyMs, 0.5), p99: quantile(direct.latencyMs, 0.99) };
  console.log(
    `\nopen loop at ${round(rate)} req/s (half of the slowest), ms added to ${base.p50.toFixed(3)} p50, ${base.p99.toFixed(3)} p99 without a proxy`,
  );
  for (const entry of measured) {
    const report = await load(entry.proxy.place, { seconds, rate });
    entry.answered += report.answered;
    entry.failed += report.failed;
    const p50 = quantile(report.latencyMs, 0.5) - base.p50;
    const p99 = quantile(report.latencyMs, 0.99) - base.p99;
    console.log(`${entry.proxy.name.padEnd(22)} p50 +${p50.toFixed(3)}  p99 +${p99.toFixed(3)}`);
  }
}

/** Each request makes a server and a client span; what is missing was dropped. */
function printSpans(): void {
  const traced = measured.filter(({ proxy }) => proxy.name.endsWith('telemetry on'));
  const expected = 2 * traced.reduce((sum, { answered }) => sum + answered, 0);
  if (expected === 0) return;
  const share = (100 * (sink.spans() - spansBefore)) / expected;
  console.log(`\nspans received: ${share.toFixed(1)} % of two for each request`);
}

function cpuSeconds(root: number): number {
  const ticks = processTree(root).map((pid) => {
    const fields = processStat(pid);
    return fields ? Number(fields[11]) + Number(fields[12]) : 0;
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}
