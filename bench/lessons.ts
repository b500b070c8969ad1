/**
 * `npm run bench:lessons`: what each lesson saves. Plays the same outages with and without it in the real lab, and prints
 * what users saw: by the load generator's count, and by Detour's own from telemetry alone.
 *
 * `npm run bench:lessons -- empty-push`: only the outages named.
 */
import { cpus, loadavg } from 'node:os';
import {
  countUserCalls,
  readStatedSafeguards,
  rootCauseOf,
} from '#analysis/incident/compare-incidents.ts';
import { USUAL_LESSONS } from '#lab/scenarios/lessons.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readLatestMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { METRIC_SAFEGUARD } from '#telemetry/metric-names.ts';
import type { Safeguard } from '#telemetry/safeguard.ts';
import { addNs, NS_PER_SECOND, unixNano } from '#telemetry/time.ts';
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
/** Parts state their safeguards each second. */
const STATED_AFTER_NS = 2 * NS_PER_SECOND;
const STATED_WITHIN_NS = 15 * NS_PER_SECOND;

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
    speed: 240,
    runs: [[], ['ignore-resource-deletion'], ['endpoint-drop-guard']],
  },
  {
    scenario: 'control-plane-crash',
    speed: 2,
    runs: [[], ['resource-ttl', 'dns-fallback'], ['resource-ttl'], ['dns-fallback']],
  },
  { scenario: 'error-service', speed: 1, runs: [['-panic-threshold'], []] },
];

/** By the load generator: answers of 5xx or none, and users logged out by 401. */
interface Toll {
  readonly failed: number;
  readonly loggedOut: number;
  readonly asked: number;
  readonly endUnixNano: bigint;
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
  let first: Toll | undefined;
  for (const lessons of runs) {
    const run = await playScenario(on, { scenario, speed, lessons: inForce(lessons) });
    const toll = await readToll(on, run);
    printToll(lessons, toll, first);
    first ??= toll;
    console.log(`    Detour: ${await detoursWord(on, run, toll)}`);
  }
}

function inForce(lessons: Story['runs'][number]): readonly string[] {
  const without = lessons.filter((name) => name.startsWith('-')).map((name) => name.slice(1));
  const more = lessons.filter((name) => !name.startsWith('-'));
  return [...USUAL_LESSONS, ...more].filter((name) => !without.includes(name));
}

/** From telemetry alone; the next run is to leave an incident of its own, so this one's must be over. */
async function detoursWord(on: ScenarioLab, run: PlayedRun, toll: Toll): Promise<string> {
  const { db } = on.store;
  const started = unixNano(run.startedUnixNano);
  const incidents = await settledIncidents(on, run, SETTLE_LIMIT_MS);
  const window = { startUnixNano: started, endUnixNano: unixNano(toll.endUnixNano) };
  const users = countUserCalls(await readCallEdges(db, window));
  const points = await readLatestMetricPoints(db, {
    names: [METRIC_SAFEGUARD],
    atUnixNano: addNs(started, STATED_AFTER_NS),
    lookbackNs: STATED_WITHIN_NS,
  });
  const { inForce: stated } = readStatedSafeguards(points);
  const told = incidents.map((incident) => {
    const { kind, services } = rootCauseOf(incident);
    return `INC-${incident.number} ${incident.title} (${[kind, ...services].join(' ')})`;
  });
  return `${users.failed} of ${users.total} failed; stated ${stated.join(', ') || 'none'}; ${told.join('; ') || 'no incident'}`;
}

/** By the scenario's own word of its end. */
async function readToll({ stack }: ScenarioLab, run: PlayedRun): Promise<Toll> {
  const response = await fetch(`${stack.labUrl}/runs/${run.id}/log`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  const end = lines.map((line) => JSON.parse(line)).find(({ step }) => step === 'end');
  if (end === undefined) throw new Error(`the log of ${run.id} has no end`);
  const { requestsFailed: failed, requestsLoggedOut: loggedOut } = end;
  const asked = failed + loggedOut + end.requestsOk;
  return { failed, loggedOut, asked, endUnixNano: BigInt(end.unixNano) };
}

function printToll(lessons: readonly string[], toll: Toll, first: Toll | undefined): void {
  const name = lessons.length === 0 ? 'as usual' : lessons.join(' + ');
  const { failed, loggedOut, asked } = toll;
  const before = first === undefined ? 0 : first.failed + first.loggedOut;
  const ratio = before === 0 ? '' : `  × ${((failed + loggedOut) / before).toFixed(2)}`;
  console.log(`  ${name.padEnd(34)} failed ${failed}, logged out ${loggedOut} of ${asked}${ratio}`);
}
