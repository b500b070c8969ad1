/**
 * `npm run bench:stack`: what the whole product costs with its lab at the default load. Starts the built stack on free
 * ports, waits for the first live edge, lets it run, then prints memory and CPU beside their goals.
 *
 * `npm run bench:stack -- --cold` first clones the repository into an empty folder and times install and build there.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, processStat, processTree } from '#tests/support/process-tree.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';

const ROOT = path.join(import.meta.dirname, '..');
/** Code is compiled as it is used, for about a minute: that is not rest. */
const SETTLE_S = 60;
const REST_S = 30;
/** USER_HZ: Linux counts CPU time in hundredths of a second (proc(5), /proc/PID/stat). */
const TICKS_PER_SECOND = 100;

console.log(
  `${new Date().toISOString()}  ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`,
);
if (process.argv.includes('--cold')) coldBuild();

const startedAt = performance.now();
const stack = await runStack({ lab: true });
print('start to "Detour is up"', seconds(startedAt), 's', '');
await firstLiveEdge(stack);
print('start to first live edge', seconds(startedAt), 's', 'goal 20');
const pids = processTree(stack.supervisor.pid ?? 0);
await sleep(SETTLE_S * 1000);
const before = pids.map(cpuSeconds);
const beforeAt = performance.now();
await sleep(REST_S * 1000);
const restedS = (performance.now() - beforeAt) / 1000;
const usedPercent = pids.map((pid, i) => (100 * (cpuSeconds(pid) - (before[i] ?? 0))) / restedS);
print('CPU at rest, default load', sum(usedPercent), '% of one core', 'goal 60');
for (const [kind, percent] of byKind(pids, usedPercent)) print(`  ${kind}`, percent, '%', '');
print('memory (PSS), whole stack', memoryMb(pids), 'MB', 'goal 2048');
print('processes', pids.length, '', '');
const second = performance.now();
await stack.stop();
print('stop', seconds(second), 's', '');
const again = performance.now();
const restarted = await runStack({ lab: true, dataDir: stack.dataDir });
print('second start to "Detour is up"', seconds(again), 's', '');
await restarted.remove();

function coldBuild(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'detour-cold-'));
  const timed = (title: string, command: string, args: readonly string[], cwd: string): void => {
    const at = performance.now();
    execFileSync(command, args, { cwd, stdio: 'pipe' });
    print(title, seconds(at), 's', '');
  };
  timed('clone', 'git', ['clone', '--quiet', ROOT, folder], ROOT);
  timed('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], folder);
  timed('bundle the processes', 'node', ['scripts/build.mjs'], folder);
  timed('next build', 'npx', ['next', 'build'], folder);
  rmSync(folder, { recursive: true, force: true });
}

async function firstLiveEdge(running: RunningStack): Promise<void> {
  await waitFor(
    async () => {
      const now = Date.now();
      const window = `from=${BigInt(now - 10_000) * 1_000_000n}&to=${BigInt(now) * 1_000_000n}`;
      const response = await fetch(`${running.dashboardUrl}/api/v1/service-map?${window}`).catch(
        () => undefined,
      );
      if (!response?.ok) return false;
      const map = (await response.json()) as {
        edges: readonly { client: string; calls: number }[];
      };
      return map.edges.some((edge) => edge.client !== '@users' && edge.calls > 0);
    },
    { limitMs: 60_000, describe: () => `no live edge after 60 s:\n${running.output()}` },
  );
}

/** Largest first. A kind is the file that a process runs; PostgreSQL's processes are one. */
function byKind(
  pids: readonly number[],
  percents: readonly number[],
): readonly (readonly [string, number])[] {
  const kinds = new Map<string, number>();
  for (const [i, pid] of pids.entries()) {
    const command = commandLine(pid);
    const script = /dist\/processes\/([\w-]+)\.js/.exec(command)?.[1];
    const kind = script ?? (command.includes('postgres') ? 'postgres' : 'supervisor');
    kinds.set(kind, (kinds.get(kind) ?? 0) + (percents[i] ?? 0));
  }
  return [...kinds].sort(([, a], [, b]) => b - a);
}

/** 0 when the process is gone. */
function cpuSeconds(pid: number): number {
  const fields = processStat(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND : 0;
}

/** Proportional set size: shared pages are divided among those who share them. */
function memoryMb(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    try {
      const line = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
      return Number(line?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return sum(kilobytes) / 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

function print(title: string, value: number, unit: string, goal: string): void {
  console.log(`${title.padEnd(34)} ${value.toFixed(1).padStart(8)} ${unit.padEnd(14)} ${goal}`);
}
