import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';
import { MIGRATIONS, startTestStore, type TestStore } from '#tests/support/test-store.ts';
import { BUNDLE } from '../../scripts/bundle-options.mjs';

const ROOT = path.join(import.meta.dirname, '../..');
const TICKS_PER_SECOND = 100;

export interface BenchStore extends TestStore {
  readonly ingester: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Of performance.now(): when the ingester was started, and when it said that it is ready. */
  readonly startedMs: number;
  readonly readyMs: number;
  /** CPU seconds so far, of the ingester and of PostgreSQL with all its processes. */
  readonly cpuSeconds: () => { readonly ingester: number; readonly postgres: number };
  /** At most so far, and now. */
  readonly ingesterResidentMib: () => number;
  readonly ingesterResidentNowMib: () => number;
}

/**
 * A PostgreSQL and the ingester as it is shipped, on ports that the system chooses. It is thrown away with the run, or kept in
 * `dataDir` for the next one.
 */
export async function startBenchStore(dataDir?: string): Promise<BenchStore> {
  const outdir = path.join(ROOT, 'dist/bench');
  const entryPoints = ['processes/ingester.ts'];
  await build({ ...BUNDLE, absWorkingDir: ROOT, entryPoints, outdir } as BuildOptions);
  const store = dataDir === undefined ? await startTestStore() : await startKeptStore(dataDir);
  const startedMs = performance.now();
  const ingester = spawn(process.execPath, [path.join(outdir, 'ingester.js')], {
    env: { ...process.env, DATABASE_URL: store.url, OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(ingester.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { httpPort: number; grpcPort: number };
  return {
    ...store,
    ingester,
    ...ready,
    startedMs,
    readyMs: performance.now(),
    cpuSeconds: () => ({
      ingester: cpuOf(ingester.pid ?? 0),
      postgres: cpuOfTree(store.postgres.pid),
    }),
    ingesterResidentMib: () => residentMib(ingester.pid ?? 0, 'VmHWM'),
    ingesterResidentNowMib: () => residentMib(ingester.pid ?? 0, 'VmRSS'),
    stop: async () => {
      ingester.kill('SIGTERM');
      await once(ingester, 'exit');
      await store.stop();
    },
  };
}

async function startKeptStore(dataDir: string): Promise<TestStore> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') });
  await migrate(postgres.url, MIGRATIONS);
  const db = openDatabase(postgres.url);
  return {
    db,
    url: postgres.url,
    postgres,
    dataDir,
    stop: async () => {
      await closeDatabase(db);
      await postgres.stop();
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

/** CPU seconds so far of a process and of its living children. */
export function cpuOfTree(pid: number): number {
  let seconds = cpuOf(pid);
  for (const name of fs.readdirSync('/proc')) {
    if (/^\d+$/.test(name) && statOf(Number(name))[1] === String(pid))
      seconds += cpuOf(Number(name));
  }
  return seconds;
}

function residentMib(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The two stand together, or the figure is only told. */
  readonly gate?: number;
  readonly target?: number;
  /** Where performance.md's aim goes past the target. */
  readonly moonshot?: number;
  readonly isHigherBetter?: boolean;
}

/** One line a figure: what was measured beside what it should be. */
export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const value = `${figure.name.padEnd(58)} ${format(figure.value).padStart(10)} ${figure.unit}`;
    console.log(`${value.padEnd(78)} ${goalsOf(figure)}`);
  }
}

function goalsOf(figure: Figure): string {
  const { value, gate, target, moonshot, isHigherBetter = false } = figure;
  if (gate === undefined || target === undefined) return '';
  const reaches = (goal: number): boolean => (isHigherBetter ? value >= goal : value <= goal);
  const verdict = reaches(target) ? 'target' : reaches(gate) ? 'gate' : 'MISSED';
  const aim = moonshot === undefined ? '' : `, moonshot ${format(moonshot)}`;
  return `gate ${format(gate)}, target ${format(target)}${aim}: ${verdict}`;
}

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 0);
}

export function textArgument(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
}

export function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
}
