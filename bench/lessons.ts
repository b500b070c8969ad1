/**
 * `npm run bench:lessons`: what each lesson saves. Plays the same outages with and without it in the real lab, and prints
 * what users saw: by the load generator's count, and by Detour's own from telemetry alone.
 *
 * `npm run bench:lessons -- empty-push`: only the outages named.
 */
import { cpus, loadavg } from 'node:os';
import { countUserCalls, readStatedSafeguards } from '#analysis/incident/compare-incidents.ts';
import { USUAL_LESSONS } from '#lab/scenarios/lessons.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readLatestMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { METRIC_SAFEGUARD } from '#telemetry/metric-names.ts';
import type { Safeguard } from '#telemetry/safeguard.ts';
import { NS_PER_SECOND, unixNano } from '#telemetry/time.ts';
import {
  type PlayedRun,
  playScenario,
  type ScenarioLab,
  settledIncidents,
  startScenarioLab,
} from '#tests/support/scenario-lab.ts';

const REQUESTS_PER_SECOND = 20;
/** A service left on DNS keeps an incident open for 90 s. */
const SETTLE_LIMIT_MS = 180_000;

interface Story {
  readonly scenario: string;
  readonly speed: number;
  /** Each in force beside, or `-name` taken out of, the usual ones. The first is what the others are held against. */
  readonly runs: readonly (readonly (Safeguard | `-${Safeguard}`)[])[];
}

/** The time that parts take by themselves cannot be hurried: TTLs, ejections and backoff run in real seconds. */
const STORIES: readonly Story[] = [
  { scenario: 'empty-push', speed: 2, runs: [[], ['endpoint-drop-guard'], ['dns-fallback']] },
  {
    scenario: 'march-8',
    speed: 180,
    runs: [[], ['ignore-resource-deletion'], ['endpoint-drop-guard']],
  },
  {
    scenario: 'control-plane-crash',
    speed: 1.5,
    runs: [[], ['resource-ttl'], ['dns-fallback'], ['resource-ttl', 'dns-fallback']],
  },
  { scenario: 'proxy-crash-loop', speed: 1.25, runs: [['-panic-threshold'], []] },
];

interface Seen {
  /** By the load generator: answers of 5xx or none, and users logged out by 401. */
  readonly failed: number;
  readonly loggedOut: number;
  readonly asked: number;
  /** By Detour, over the run. */
  readonly failedByDetour: number;
  readonly askedByDetour: number;
  readonly inForce: readonly string[];
  readonly incidents: readonly string[];
}

const chosen = process.argv.slice(2);
const stories = STORIES.filter(({ scenario }) => chosen.length === 0 || chosen.includes(scenario));
if (stories.length === 0) {
  console.error(`no such story; there are: ${STORIES.map(({ scenario }) => scenario).join(', ')}`);
  process.exit(64);
}
console.log(
  `${new Date().toISOString()}  ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}, ${REQUESTS_PER_SECOND} requests/s`,
);
const lab = await startScenarioLab(REQUESTS_PER_SECOND);
try {
  for (const story of stories) await playStory(lab, story);
} finally {
  await lab.remove();
}

async function playStory(on: ScenarioLab, { scenario, speed, runs }: Story): Promise<void> {
  console.log(`\n${scenario} at speed ${speed}`);
  let first: Seen | undefined;
  for (const lessons of runs) {
    const run = await playScenario(on, { scenario, speed, lessons: inForce(lessons) });
    const seen = await look(on, run);
    first ??= seen;
    print(lessons, seen, first);
  }
}

function inForce(lessons: Story['runs'][number]): readonly string[] {
  const without = lessons.filter((name) => name.startsWith('-')).map((name) => name.slice(1));
  const more = lessons.filter((name) => !name.startsWith('-'));
  return [...USUAL_LESSONS, ...more].filter((name) => !without.includes(name));
}

async function look(on: ScenarioLab, run: PlayedRun): Promise<Seen> {
  const { db } = on.store;
  const incidents = await settledIncidents(on, run, SETTLE_LIMIT_MS);
  const end = await readEnd(on, run);
  const users = countUserCalls(
    await readCallEdges(db, {
      startUnixNano: unixNano(run.startedUnixNano),
      endUnixNano: unixNano(end.unixNano),
    }),
  );
  const points = await readLatestMetricPoints(db, {
    names: [METRIC_SAFEGUARD],
    atUnixNano: unixNano(run.startedUnixNano + BigInt(2 * NS_PER_SECOND)),
    lookbackNs: 10 * NS_PER_SECOND,
  });
  return {
    ...end,
    failedByDetour: users.failed,
    askedByDetour: users.total,
    inForce: readStatedSafeguards(points).inForce,
    incidents: incidents.map(({ number, title }) => `INC-${number} ${title}`),
  };
}

/** The scenario's own word of its end. */
async function readEnd(
  { stack }: ScenarioLab,
  run: PlayedRun,
): Promise<Pick<Seen, 'failed' | 'loggedOut' | 'asked'> & { readonly unixNano: bigint }> {
  const response = await fetch(`${stack.labUrl}/runs/${run.id}/log`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  const end = lines.map((line) => JSON.parse(line)).find(({ step }) => step === 'end');
  if (end === undefined) throw new Error(`the log of ${run.id} has no end`);
  const { requestsFailed: failed, requestsLoggedOut: loggedOut } = end;
  return {
    failed,
    loggedOut,
    asked: failed + loggedOut + end.requestsOk,
    unixNano: BigInt(end.unixNano),
  };
}

function print(lessons: readonly string[], seen: Seen, first: Seen): void {
  const name = lessons.length === 0 ? 'as usual' : lessons.join(' + ');
  const toll = seen.failed + seen.loggedOut;
  const before = first.failed + first.loggedOut;
  const ratio = seen === first ? '' : `  × ${before === 0 ? '–' : (toll / before).toFixed(2)}`;
  console.log(
    `  ${name.padEnd(34)} failed ${seen.failed}, logged out ${seen.loggedOut} of ${seen.asked}${ratio}`,
  );
  console.log(
    `    Detour: ${seen.failedByDetour} of ${seen.askedByDetour} failed; states ${seen.inForce.join(', ') || 'none'}; ${seen.incidents.join('; ') || 'no incident'}`,
  );
}
