import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const TICKS_PER_SECOND = 100;

export interface BenchStore extends TestStore {
  readonly ingester: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly readyAfterMs: number;
  /** CPU seconds so far, of the ingester and of PostgreSQL with all its processes. */
  readonly cpuSeconds: () => { readonly ingester: number; readonly postgres: number };
  readonly ingesterResidentMib: () => number;
}

/** A throw-away PostgreSQL and a real ingester process on ports that the system chooses. */
export async function startBenchStore(): Promise<BenchStore> {
  const outfile = path.join(ROOT, 'dist/bench/ingester.js');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['processes/ingester.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const store = await startTestStore();
  const begunMs = performance.now();
  const ingester = spawn(process.execPath, ['--enable-source-maps', outfile], {
    env: { ...process.env, DATABASE_URL: store.url, OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(ingester.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { httpPort: number; grpcPort: number };
  return {
    ...store,
    ingester,
    ...ready,
    readyAfterMs: performance.now() - begunMs,
    cpuSeconds: () => ({
      ingester: cpuOf(ingester.pid ?? 0),
      postgres: cpuOfTree(store.postgres.pid),
    }),
    ingesterResidentMib: () => residentMib(ingester.pid ?? 0),
    stop: async () => {
      ingester.kill('SIGTERM');
      await once(ingester, 'exit');
      await store.stop();
    },
  };
}

/** utime and stime of a process, and of its children that ended: proc(5). */
function cpuOf(pid: number): number {
  const fields = statOf(pid);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

function statOf(pid: number): readonly string[] {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function cpuOfTree(pid: number): number {
  let seconds = cpuOf(pid);
  for (const name of fs.readdirSync('/proc')) {
    if (/^\d+$/.test(name) && statOf(Number(name))[1] === String(pid))
      seconds += cpuOf(Number(name));
  }
  return seconds;
}

function residentMib(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly gate: number;
  readonly target: number;
  readonly isHigherBetter?: boolean;
}

/** One line a figure: what was measured beside what it should be. */
export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const { name, value, unit, gate, target, isHigherBetter = false } = figure;
    const reaches = (goal: number): boolean => (isHigherBetter ? value >= goal : value <= goal);
    const verdict = reaches(target) ? 'target' : reaches(gate) ? 'gate' : 'MISSED';
    console.log(
      `${name.padEnd(52)} ${format(value).padStart(10)} ${unit.padEnd(8)} gate ${format(gate)}, target ${format(target)}: ${verdict}`,
    );
  }
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 0);
}

export function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}
