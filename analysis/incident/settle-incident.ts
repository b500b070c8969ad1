import type { Incident, IncidentEvent, IncidentEventKind } from '#analysis/incident/incident.ts';
import { byTime, entry } from '#analysis/incident/incident-entry.ts';
import { readUnderWay } from '#analysis/incident/incident-events.ts';
import { type Evidence, unfinishedMoves } from '#analysis/incident/incident-evidence.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { isBack } from '#analysis/routing/to-service-shifts.ts';
import { elapsedNs, endOfSecond, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';

/** Failures over for so long, and an incident is mitigated. */
const MITIGATED_AFTER_SECONDS = 5;
/** Quiet for so long with every service back the usual way, and it is resolved. */
const RESOLVED_AFTER_SECONDS = 15;
/** The same while services still stand on DNS: most often somebody is about to bring them back. */
const RESOLVED_ON_DETOUR_AFTER_SECONDS = 90;

/** Open, mitigated or resolved, after what the second has shown is in the timeline. */
export function settle(incident: Incident, evidence: Evidence): Incident {
  const end = endOfSecond(evidence.second);
  if (harms(incident)) return { ...incident, state: 'open' };
  const harmEnded = lastOf(incident.events, [harmOf(incident).ended]);
  const quietSeconds = elapsedNs(harmEnded ?? incident.startUnixNano, end) / NS_PER_SECOND;
  const lasts = harmEnded !== undefined && quietSeconds >= MITIGATED_AFTER_SECONDS;
  const mitigated = lasts ? mitigate(incident, harmEnded) : incident;
  return isOver(mitigated, evidence, end) ? resolve(mitigated, end) : mitigated;
}

interface Harm {
  readonly began: IncidentEventKind;
  readonly ended: IncidentEventKind;
  /** Of the entry that says it is over. */
  readonly over: string;
}

const FAILURES: Harm = {
  began: 'failures-began',
  ended: 'failures-ended',
  over: 'no call fails any more',
};
const SLOWNESS: Harm = {
  began: 'slow-began',
  ended: 'slow-ended',
  over: 'calls are as quick as before',
};

/** What an incident is about, if not about slow calls: these are then the lesser harm, and told beside it. */
const GREATER: readonly IncidentEventKind[] = [
  'failures-began',
  'config-lost',
  'control-plane-lost',
  'push-rejected',
  'push-held-back',
  'push-fatal',
  'clients-cut-off',
  'version-regressed',
];

/** What explains failed calls, each of these kinds. */
const CAUSES: readonly IncidentEventKind[] = [
  'config-lost',
  'control-plane-lost',
  'push-rejected',
  'push-fatal',
  'clients-cut-off',
];

/** Its timeline tells why calls fail. */
export function hasCause({ events }: Pick<Incident, 'events'>): boolean {
  return events.some(({ kind }) => CAUSES.includes(kind));
}

/** It has shown worse than slow calls. */
export function hasGreaterHarm({ events }: Pick<Incident, 'events'>): boolean {
  return events.some(({ kind }) => GREATER.includes(kind));
}

function harmOf(incident: Incident): Harm {
  const isAboutSlowness = incident.slowdowns.length > 0 && !hasGreaterHarm(incident);
  return isAboutSlowness ? SLOWNESS : FAILURES;
}

function harms(incident: Incident): boolean {
  return harmOf(incident) === FAILURES
    ? readUnderWay(incident.events).failing.size > 0
    : isSlow(incident);
}

function isSlow({ slowdowns }: Incident): boolean {
  return slowdowns.some(({ endUnixNano }) => endUnixNano === undefined);
}

/**
 * The first end of failures that lasted: a short relapse later is an entry of the timeline, no new end. One that lasts a good
 * part of the failures before it is the outage coming back, or going on: what comes and goes is not mitigated.
 */
function mitigate(incident: Incident, at: UnixNano): Incident {
  const state = 'mitigated' as const;
  const before = incident.mitigatedUnixNano;
  if (before !== undefined && !comesBack(incident, before, at)) return { ...incident, state };
  const event = entry(at, 'mitigated', '', harmOf(incident).over, 'call edges');
  return {
    ...incident,
    state,
    mitigatedUnixNano: at,
    events: [...incident.events, event].sort(byTime),
  };
}

/**
 * Of the length of the failures before it. Waves of one cause differ by how long each proxy waits before it starts again:
 * one of 8.5 s after one of 12.5 s is the second wave, not an afterthought.
 */
const COMES_BACK = 1 / 3;

function comesBack(incident: Incident, mitigated: UnixNano, at: UnixNano): boolean {
  if (at <= mitigated) return false;
  const { began } = harmOf(incident);
  const relapse = incident.events.find((e) => e.kind === began && e.unixNano >= mitigated);
  return (
    relapse !== undefined &&
    elapsedNs(relapse.unixNano, at) >= elapsedNs(incident.startUnixNano, mitigated) * COMES_BACK
  );
}

/** A stuck client does not keep an incident open: it stays as it is until it is restarted, and says so elsewhere. */
function isOver(incident: Incident, evidence: Evidence, end: UnixNano): boolean {
  const underWay = readUnderWay(incident.events);
  const broken =
    underWay.controlPlaneLost || underWay.setbacks.size > 0 || underWay.missing.size > 0;
  const moving = evidence.shifts.some(
    (shift) => shift.completedUnixNano === undefined && isRecent(shift, end),
  );
  if (broken || moving || evidence.controlPlane.state === 'lost') return false;
  const quietNs = elapsedNs(lastChange(incident), end);
  const needed = isOnDetour(incident, evidence)
    ? RESOLVED_ON_DETOUR_AFTER_SECONDS
    : RESOLVED_AFTER_SECONDS;
  return quietNs >= needed * NS_PER_SECOND;
}

function isRecent(shift: RoutingShift, end: UnixNano): boolean {
  return elapsedNs(shift.atUnixNano, end) < RESOLVED_ON_DETOUR_AFTER_SECONDS * NS_PER_SECOND;
}

function isOnDetour({ shifts }: Incident, evidence: Evidence): boolean {
  const { stuck } = unfinishedMoves(evidence);
  return shifts.some((shift) => shift.direction === 'to-dns' && !isBack(shift, shifts, stuck));
}

function resolve(incident: Incident, end: UnixNano): Incident {
  const at = lastChange(incident);
  const event = entry(
    end,
    'resolved',
    '',
    'quiet, and nothing left to come back',
    'closed seconds',
  );
  return {
    ...incident,
    state: 'resolved',
    endUnixNano: at,
    // Slow calls that outlast what the incident is about are no longer its matter.
    slowdowns: incident.slowdowns.map((slowdown) => ({ endUnixNano: end, ...slowdown })),
    events: [...incident.events, event].sort(byTime),
  };
}

/** When the last thing changed for the better or the worse. */
function lastChange(incident: Incident): UnixNano {
  const kinds: readonly IncidentEvent['kind'][] = [
    'config-lost',
    'config-restored',
    'control-plane-lost',
    'control-plane-restored',
    'push-rejected',
    'push-accepted',
    'push-held-back',
    'push-fatal',
    'push-survived',
    'clients-cut-off',
    'clients-back',
    'version-regressed',
    'failures-began',
    'failures-ended',
    ...(harmOf(incident) === SLOWNESS ? (['slow-began', 'slow-ended'] as const) : []),
    'shift-began',
    'shift-ended',
  ];
  return lastOf(incident.events, kinds) ?? incident.startUnixNano;
}

function lastOf(
  events: readonly IncidentEvent[],
  kinds: readonly IncidentEvent['kind'][],
): UnixNano | undefined {
  return events.findLast((event) => kinds.includes(event.kind))?.unixNano;
}
