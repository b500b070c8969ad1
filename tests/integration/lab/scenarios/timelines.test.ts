import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Incident } from '#analysis/incident/incident.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { SCENARIOS } from '#lab/scenarios/catalogue.ts';
import type { Scenario } from '#lab/scenarios/scenario.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readRoutingShifts } from '#store/routing-shifts/read-routing-shifts.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { type UnixNano, unixNano } from '#telemetry/time.ts';
import {
  type PlayedRun,
  playScenario,
  type ScenarioLab,
  settledIncidents,
  startScenarioLab,
} from '#tests/support/scenario-lab.ts';
import { type DueEvent, reachOf, truthOfRun } from '#tests/support/truth-of-run.ts';

/** Two labs, each with a store of its own, take the scenarios off one list: as much as two cores carry. */
const LANES = 2;
const REQUESTS_PER_SECOND = 12;
/** Includes waiting for a lab. */
const TEST_LIMIT_MS = 1_200_000;
/** A service left on DNS keeps an incident open for 90 s. */
const SETTLE_LIMIT_MS = 150_000;

/**
 * Steps that only wait for people can follow each other faster; what the parts need by themselves cannot be hurried: the
 * 15 s of a missing cluster, pings, backoff, four answers of 4 s each. The hour of `quiet` is played in half a minute.
 */
const SPEEDS: Readonly<Record<string, number>> = {
  'march-8': 60,
  'control-plane-crash': 1.5,
  'crash-and-churn': 1.5,
  'empty-push': 2,
  'bad-push': 2,
  'delayed-blast': 1,
  'slow-push': 1,
  'frozen-updates': 1.5,
  'control-plane-hang': 1.5,
  partition: 1.5,
  'lower-version-restart': 1.5,
  'thundering-herd': 1.5,
  'dns-failure': 1.5,
  'dns-stale': 1.5,
  'dns-empty': 1.5,
  'config-too-big': 1.25,
  'proxy-crash-loop': 1.25,
  'slow-service': 1,
  'error-service': 1,
  'traffic-surge': 2,
  quiet: 120,
};

interface Found {
  readonly run: PlayedRun;
  readonly incidents: readonly Incident[];
  readonly shifts: readonly RoutingShift[];
}

describe.concurrent('every scenario leaves the timeline that its truth states', () => {
  const labs: ScenarioLab[] = [];
  const free: ScenarioLab[] = [];
  const waiting: ((lab: ScenarioLab) => void)[] = [];
  const takeLab = (): Promise<ScenarioLab> => {
    const lab = free.pop();
    return lab ? Promise.resolve(lab) : new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (lab: ScenarioLab): void => {
    const next = waiting.shift();
    if (next) next(lab);
    else free.push(lab);
  };

  beforeAll(async () => {
    for (let lane = 0; lane < LANES; lane++) labs.push(await startScenarioLab(REQUESTS_PER_SECOND));
    free.push(...labs);
  }, 600_000);
  afterAll(async () => {
    await Promise.all(labs.map((lab) => lab.remove()));
  }, 60_000);

  it.each([...SCENARIOS.values()])(
    '$name',
    // Real failures come by chance, and two labs fill two cores: what does not hold is played once more.
    { timeout: TEST_LIMIT_MS, retry: 1 },
    async (scenario) => {
      const lab = await takeLab();
      try {
        const found = await play(lab, scenario);
        expectIncident(scenario, found);
        expectEvents(scenario, found);
        expectSlow(scenario, found);
        await expectReach(lab, scenario, found);
      } finally {
        giveBack(lab);
      }
    },
  );
});

async function play(lab: ScenarioLab, scenario: Scenario): Promise<Found> {
  const speed = SPEEDS[scenario.name];
  if (speed === undefined) throw new Error(`${scenario.name} has no speed: say how fast it can be`);
  const run = await playScenario(lab, { scenario: scenario.name, speed });
  const incidents = await settledIncidents(lab, run, SETTLE_LIMIT_MS);
  const shifts = await readRoutingShifts(lab.store.db, {
    startUnixNano: unixNano(run.startedUnixNano),
    endUnixNano: unixNano(BigInt(Date.now()) * 1_000_000n),
  });
  return { run, incidents, shifts };
}

/** None where nothing is to be seen; else one, from the first event of the truth on, and over with the last. */
function expectIncident(scenario: Scenario, { run, incidents }: Found): void {
  const due = truthOfRun(scenario, run);
  expect(incidents, `incidents of ${scenario.name}: ${toldOf(incidents)}`).toHaveLength(
    due.length === 0 ? 0 : 1,
  );
  const [incident] = incidents;
  if (incident === undefined) return;
  const first = due.reduce((a, b) => (b.earliestUnixNano < a.earliestUnixNano ? b : a));
  expectInside(`the start of ${toldOf(incidents)}`, incident.startUnixNano, first, run);
  expect(incident.detectedUnixNano).toBeGreaterThanOrEqual(incident.startUnixNano);
  const end = due.find(({ kind }) => kind === 'mitigated' || kind === 'failures-ended');
  if (end !== undefined) expectInside('the mitigation', incident.mitigatedUnixNano, end, run);
  expect(incident.state).toBe('resolved');
}

function expectEvents(scenario: Scenario, { run, incidents, shifts }: Found): void {
  const events = incidents.flatMap((incident) => incident.events);
  for (const due of truthOfRun(scenario, run)) {
    const shown = [
      ...events.filter((event) => event.kind === due.kind && tells(event.subject, due)),
      ...shiftsAsEvents(shifts).filter((e) => e.kind === due.kind && e.subject === due.subject),
    ].map((event) => event.unixNano);
    const nearest = shown.toSorted((a, b) => distance(a, due) - distance(b, due))[0];
    expectInside(`${due.kind} [${due.subject}]`, nearest, due, run);
  }
}

/** Names may be told one after the other, as the clients that lack them speak. */
function tells(subject: string, due: DueEvent): boolean {
  if (subject === due.subject) return true;
  const wanted = due.subject.split(', ');
  return due.kind === 'config-lost' && subject.split(', ').every((name) => wanted.includes(name));
}

/** The timeline tells the shift of a service; that of an edge stands in the shift report. */
function shiftsAsEvents(shifts: readonly RoutingShift[]) {
  return shifts
    .filter((shift) => shift.direction === 'to-dns')
    .flatMap((shift) => {
      const subject = `${shift.client} → ${shift.server}`;
      return [
        { kind: 'shift-began', subject, unixNano: shift.atUnixNano },
        { kind: 'shift-ended', subject, unixNano: shift.completedUnixNano ?? shift.atUnixNano },
      ];
    });
}

/** The incident says what happened and to whom; every edge that the truth names has failed, and nobody else is blamed. */
async function expectReach(lab: ScenarioLab, scenario: Scenario, found: Found): Promise<void> {
  const reach = reachOf(scenario);
  const named = new Set(found.incidents.flatMap((incident) => incident.services));
  expect(
    [...named].filter((service) => !reach.has(service)),
    `blamed, not hit: ${toldOf(found.incidents)}`,
  ).toEqual([]);
  const [incident] = found.incidents;
  if (incident === undefined) return;
  expect(incident.title.slice(0, scenario.headline?.length ?? 0)).toBe(scenario.headline ?? '');
  expect(incident.services).toEqual(expect.arrayContaining([...(scenario.names ?? [])]));
  const edges = await readCallEdges(lab.store.db, {
    startUnixNano: incident.startUnixNano,
    endUnixNano: incident.endUnixNano ?? incident.detectedUnixNano,
  });
  const failed = new Set(
    edges
      .filter((edge) => edge.errors > 0)
      .map(({ client, server }) => `${client === USERS ? 'users' : client} → ${server}`),
  );
  expect(
    scenario.hits.filter((edge) => !failed.has(edge)),
    'hit, and nothing failed',
  ).toEqual([]);
  if (scenario.hits.length === 0) expect(kindsOf(incident)).not.toContain('failures-began');
}

/**
 * No edge is told that the truth does not name (those with few calls may be missing; the timeline names the one that must
 * not), and the one to blame is the one that the lab slowed down.
 */
function expectSlow({ slows, steps }: Scenario, { incidents }: Found): void {
  if (slows === undefined) return;
  const slowed = steps.flatMap(({ actions }) =>
    actions.flatMap((action) =>
      action.kind === 'service-fault' && action.extraMs > 0 ? action : [],
    ),
  );
  const slowdowns = incidents.flatMap((incident) => incident.slowdowns);
  const told = slowdowns.map(
    ({ client, server }) => `${client === USERS ? 'users' : client} → ${server}`,
  );
  expect(
    told.filter((edge) => !slows.includes(edge)),
    'told, not slowed down',
  ).toEqual([]);
  expect(new Set(slowdowns.map(({ origin }) => origin))).toEqual(
    new Set(slowed.map(({ service }) => service)),
  );
  for (const { before, during } of slowdowns) {
    expect(during.p50Ns).toBeGreaterThan(before.p50Ns);
  }
}

function toldOf(incidents: readonly Incident[]): string {
  return incidents
    .map(({ title, events }) => {
      const lines = events.map(({ unixNano, kind, subject }) => `${unixNano} ${kind} ${subject}`);
      return `${title} (${lines.join(', ')})`;
    })
    .join('; ');
}

function kindsOf(incident: Incident): readonly string[] {
  return incident.events.map((event) => event.kind);
}

function expectInside(
  what: string,
  instant: UnixNano | undefined,
  due: DueEvent,
  run: PlayedRun,
): void {
  const since = (at: bigint | undefined) =>
    at === undefined ? 'never' : `${(Number(at - run.startedUnixNano) / 1e9).toFixed(1)} s`;
  const inside =
    instant !== undefined && instant >= due.earliestUnixNano && instant <= due.latestUnixNano;
  const limits = `${since(due.earliestUnixNano)} to ${since(due.latestUnixNano)}`;
  expect(inside, `${what}: found at ${since(instant)}, due ${limits}`).toBe(true);
}

function distance(instant: bigint, due: DueEvent): number {
  const middle = (due.earliestUnixNano + due.latestUnixNano) / 2n;
  return Math.abs(Number(instant - middle));
}
