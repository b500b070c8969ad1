/**
 * npm run bench:story [-- --losses 4] [-- --no-whole]
 *
 * How soon the outage of 8 March is seen. Starts the built stack on free ports, reads the live stream as a page does, plays
 * the loss of the configuration several times and the whole story once, at speed 60, and lays what Detour showed beside
 * the scenario's own log and the spans of the failed calls.
 */
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { march8 } from '#lab/scenarios/march-8.ts';
import { firstFailure } from '#tests/support/first-failures.ts';
import { getJson, postJson } from '#tests/support/http-json.ts';
import { type LiveWatch, watchLive } from '#tests/support/live-watch.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';
import { argument } from './support/bench-store.ts';
import { quantile } from './support/run-load.ts';

const SPEED = 60;
/** What is normal must be known before something can differ from it. */
const CALM_MS = 20_000;
/** From the loss to the first moves of the operators there are 32 minutes, half a minute at this speed. */
const LOSS_SHOWN_MS = 12_000;
const REST_MS = 15_000;
const SHOWN_WITHIN_MS = 1000;
const REPORTED_WITHIN_MS = 2000;
const FAIL_WITHIN_MS = 1000;

interface LogLine {
  readonly unixNano: string;
  readonly target: string;
  readonly kind?: string;
  readonly mode?: string;
}

interface Run {
  readonly state: string;
  readonly log: readonly LogLine[];
}

interface Loss {
  readonly edge: string;
  /** In the last snapshot before: no failure is sooner than the call. */
  readonly callsPerSecond: number;
  /** From the release to the end of the first failed call; undefined where none was made. */
  readonly failedAfterMs: number | undefined;
  /** From there to the arrival of the snapshot that shows the edge red; undefined where none did. */
  readonly shownAfterMs: number | undefined;
}

const stack = await runStack({ lab: true, flags: ['--rps', `${argument('rps', 20)}`] });
const labUrl = stack.labUrl ?? '';
try {
  console.log(
    `${new Date().toISOString()} · ${cpus().length} cores · load ${loadavg()[0]?.toFixed(1)} · Node ${process.version}`,
  );
  const watch = await watchLive(stack.dashboardUrl);
  await sleep(CALM_MS);
  const losses: Loss[] = [];
  for (let i = argument('losses', 4); i > 0; i--) losses.push(...(await playLoss(watch)));
  const whole = process.argv.includes('--no-whole') ? undefined : await playWhole(watch);
  printLosses([...losses, ...(whole?.losses ?? [])]);
  if (whole !== undefined) await printIncident(whole.run, whole.startedNs);
  await watch.stop();
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await stack.remove();
}

async function playLoss(watch: LiveWatch): Promise<readonly Loss[]> {
  await postJson(`${labUrl}/runs`, { scenario: march8.name, speed: SPEED });
  await waitFor(async () => lostAt(await currentRun()) !== undefined, {
    limitMs: 60_000,
    describe: () => 'the configuration was not lost',
  });
  await sleep(LOSS_SHOWN_MS);
  const found = await findLosses(stack, watch, await currentRun());
  await postJson(`${labUrl}/run/stop`, {});
  await sleep(REST_MS);
  return found;
}

interface Whole {
  readonly run: Run;
  readonly startedNs: bigint;
  readonly losses: readonly Loss[];
}

async function playWhole(watch: LiveWatch): Promise<Whole> {
  const startedNs = BigInt(Date.now()) * 1_000_000n;
  await postJson(`${labUrl}/runs`, { scenario: march8.name, speed: SPEED });
  await waitFor(async () => (await currentRun()).state !== 'running', {
    limitMs: 300_000,
    describe: () => 'the story did not end',
  });
  const run = await currentRun();
  const losses = await findLosses(stack, watch, run);
  await printShifts(stack, watch, run);
  return { run, startedNs, losses };
}

async function currentRun(): Promise<Run> {
  return getJson<Run>(`${labUrl}/run`);
}
function lostAt(run: Run): bigint | undefined {
  const line = run.log.find(({ kind }) => kind === 'release');
  return line && BigInt(line.unixNano);
}

async function findLosses(
  { dashboardUrl }: RunningStack,
  { sightings }: LiveWatch,
  run: Run,
): Promise<readonly Loss[]> {
  const lost = lostAt(run) ?? 0n;
  const until = BigInt(Date.now()) * 1_000_000n;
  const before = sightings.findLast(({ atUnixNano }) => atUnixNano < lost);
  const found: Loss[] = [];
  for (const edge of march8.hits) {
    const [client = '', server = ''] = edge.split(' → ');
    const id = `${client}->${server}`;
    const failed = await firstFailure(dashboardUrl, [client, server], lost, until);
    const red = sightings.find(({ atUnixNano, critical }) => atUnixNano > lost && critical.has(id));
    found.push({
      edge,
      callsPerSecond: before?.callsPerSecond.get(id) ?? 0,
      failedAfterMs: failed === undefined ? undefined : msBetween(lost, failed),
      shownAfterMs:
        failed === undefined || red === undefined ? undefined : msBetween(failed, red.atUnixNano),
    });
  }
  return found;
}

/**
 * An edge is called as often as users ask for it: behind one that fails first it is not called before its caller is
 * reached again, so that its first failure says nothing about the mesh.
 */
function printLosses(losses: readonly Loss[]): void {
  console.log('\nconfiguration lost → first failed call ended → edge red on the live map, ms');
  console.log(
    row(['edge', 'calls/s', 'failed', 'p50', 'p90', 'goal', '', 'shown', 'p50', 'p90', 'goal', '']),
  );
  for (const edge of [...march8.hits, 'all']) {
    const own = losses.filter((loss) => edge === 'all' || loss.edge === edge);
    const failed = own.flatMap(({ failedAfterMs: ms }) => ms ?? []);
    const shown = own.flatMap(({ shownAfterMs: ms }) => ms ?? []);
    const rate = own.reduce((sum, loss) => sum + loss.callsPerSecond, 0) / own.length;
    console.log(
      row([
        edge,
        edge === 'all' ? '' : rate.toFixed(1),
        `${failed.length} of ${own.length}`,
        ...figures(failed, FAIL_WITHIN_MS),
        `${shown.length} of ${failed.length}`,
        ...figures(shown, SHOWN_WITHIN_MS),
      ]),
    );
  }
}

function figures(ms: readonly number[], goal: number): readonly (string | number)[] {
  if (ms.length === 0) return ['–', '–', goal, ''];
  const p90 = quantile(ms, 0.9);
  return [quantile(ms, 0.5), p90, goal, verdict(p90, goal)];
}

interface Shift {
  readonly id: string;
  readonly client: string;
  readonly server: string;
  readonly direction: string;
  readonly atUnixNano: string;
  readonly detectedUnixNano: string;
}

/** The first switch of each edge, as found and as seen by a page. */
async function printShifts(
  { dashboardUrl }: RunningStack,
  { sightings }: LiveWatch,
  { log }: Run,
): Promise<void> {
  const window = `from=${log[0]?.unixNano}&to=${BigInt(Date.now()) * 1_000_000n}`;
  const { shifts } = await getJson<{ shifts: readonly Shift[] }>(
    `${dashboardUrl}/api/v1/routing-shifts?${window}`,
  );
  console.log(`\nswitched to DNS → shift found, and on the live stream, ms`);
  console.log(row(['edge', '', 'second off', 'found', 'on stream', 'goal', '']));
  for (const move of log.filter(({ mode }) => mode === 'dns')) {
    const moved = BigInt(move.unixNano);
    const shift = shifts.find(
      ({ client, server, direction, atUnixNano }) =>
        direction === 'to-dns' &&
        `${client} → ${server}` === move.target &&
        BigInt(atUnixNano) > moved - 3_000_000_000n,
    );
    if (shift === undefined) {
      console.log(row([move.target, 'NOT FOUND']));
      continue;
    }
    const seen = sightings.find(({ shifts: ids }) => ids.has(shift.id));
    const found = msBetween(moved, BigInt(shift.detectedUnixNano));
    console.log(
      row([
        move.target,
        '',
        msBetween(moved, BigInt(shift.atUnixNano)),
        found,
        seen === undefined ? 'never' : msBetween(moved, seen.atUnixNano),
        REPORTED_WITHIN_MS,
        verdict(found, REPORTED_WITHIN_MS),
      ]),
    );
  }
}

interface Incident {
  readonly state: string;
  readonly startUnixNano: string;
  readonly mitigatedUnixNano?: string;
  readonly firstMover?: string;
  readonly lastMover?: string;
}

async function incidentsSince(startedNs: bigint): Promise<readonly Incident[]> {
  const { incidents } = await getJson<{ incidents: readonly Incident[] }>(
    `${stack.dashboardUrl}/api/v1/incidents`,
  );
  return incidents.filter(({ startUnixNano }) => BigInt(startUnixNano) > startedNs);
}

async function printIncident(run: Run, startedNs: bigint): Promise<void> {
  await waitFor(async () => (await incidentsSince(startedNs)).some((i) => i.state === 'resolved'), {
    limitMs: 120_000,
    describe: () => 'the incident was not resolved',
  });
  const [incident] = (await incidentsSince(startedNs)).toReversed();
  const moves = run.log.filter(({ mode }) => mode === 'dns');
  // The gRPC client that is stuck is brought back to DNS at the very end.
  const last = moves.findLast(({ target }) => target === 'playlist → song');
  const start = incident && msBetween(lostAt(run) ?? 0n, BigInt(incident.startUnixNano));
  const end =
    incident?.mitigatedUnixNano === undefined
      ? Number.NaN
      : msBetween(BigInt(last?.unixNano ?? 0), BigInt(incident.mitigatedUnixNano));
  console.log(`\nthe incident beside the scenario’s log`);
  console.log(row(['', 'found', 'in the log', '']));
  console.log(row(['start, ms after the release', start ?? 'none', 0, '']));
  console.log(row(['mitigated, ms after the last move', end, 0, '']));
  const [firstMover] = moves.map(({ target }) => target.split(' → ')[0]);
  const lastMover = last?.target.split(' → ')[0];
  console.log(row(['first mover', incident?.firstMover ?? 'none', firstMover ?? '', '']));
  console.log(row(['last mover', incident?.lastMover ?? 'none', lastMover ?? '', '']));
}

function verdict(value: number, goal: number): string {
  return value <= goal ? 'met' : 'MISSED';
}

function msBetween(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}

function row(cells: readonly (string | number)[]): string {
  return cells
    .map((cell, i) => {
      const text = typeof cell === 'number' ? `${Math.round(cell)}` : cell;
      return i === 0 ? text.padEnd(34) : text.padStart(9);
    })
    .join(' ');
}
