import type { ControlPlaneView } from '#analysis/control-plane/xds-client.ts';
import { dnsRatio, findFailures } from '#analysis/incident/find-failures.ts';
import { findSlowdowns } from '#analysis/incident/find-slowdowns.ts';
import type { Incident, Severity } from '#analysis/incident/incident.ts';
import { byTime, entry } from '#analysis/incident/incident-entry.ts';
import { newEvents, readUnderWay } from '#analysis/incident/incident-events.ts';
import {
  type Evidence,
  firstEvidence,
  gatherEvidence,
  unfinishedMoves,
} from '#analysis/incident/incident-evidence.ts';
import { describeIncident, knowsCause } from '#analysis/incident/incident-words.ts';
import { hasCause, hasGreaterHarm, settle } from '#analysis/incident/settle-incident.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { moversOf, toServiceShifts } from '#analysis/routing/to-service-shifts.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import { type CallEdge, type CallEdgeSecond, USERS } from '#telemetry/call-edge.ts';
import {
  elapsedNs,
  endOfSecond,
  NS_PER_SECOND,
  secondOf,
  type UnixNano,
  type UnixSecond,
} from '#telemetry/time.ts';

export interface ClosedSecond {
  readonly second: UnixSecond;
  /** Of the last `FAILURE_WINDOW_SECONDS` up to `second`, any order. */
  readonly edges: readonly CallEdgeSecond[];
  /** As it stood at the end of `second`. */
  readonly controlPlane: ControlPlaneView;
  /** By the name servers' own word. */
  readonly dnsFailingSinceUnixNano?: UnixNano | undefined;
  /** All that began after the open incident, or lately; ascending. */
  readonly shifts: readonly RoutingShift[];
  /** Undefined when none is under way. */
  readonly current: Incident | undefined;
  /** Up to when the incident before lasted: what it tells is told. */
  readonly quietSinceUnixNano: UnixNano | undefined;
  readonly nextNumber: number;
}

/** The first words may know only a part: they follow what comes in meanwhile. */
const SETTLING_SECONDS = 8;
/**
 * One incident at a time, judged at each closed second from what the second shows and what the incident's own timeline
 * says is under way, so that a judge that was killed goes on where the store ends:
 *
 *   (none) ──evidence──▶ open ──failures over──▶ mitigated ──quiet and back──▶ resolved
 *                         ▲──────failures again────┘
 *
 * Returns the incident as it stands after the second; undefined when there is none.
 */
export function judgeSecond(closed: ClosedSecond): Incident | undefined {
  const evidence = evidenceOf(closed);
  if (closed.current !== undefined) return moveOn(closed.current, evidence);
  const start = firstEvidence(evidence);
  const isTold = start !== undefined && start < (closed.quietSinceUnixNano ?? 0n);
  return start === undefined || isTold ? undefined : open(evidence, start, closed.nextNumber);
}

/**
 * The current incident with shifts that were found since `closed` was judged. Its calls are counted already, and nothing
 * ends by it.
 */
export function noteShifts(closed: ClosedSecond): Incident | undefined {
  return closed.current && withSecond(closed.current, evidenceOf(closed), []);
}

function evidenceOf(closed: ClosedSecond): Evidence {
  const { second, controlPlane, shifts, dnsFailingSinceUnixNano, quietSinceUnixNano } = closed;
  const edges = sinceQuiet(closed);
  const underWay = readUnderWay(closed.current?.events ?? []);
  const failing = findFailures(edges, second, underWay.failing, underWay.recovered);
  return gatherEvidence({
    second,
    edges,
    failing,
    slowdowns: findSlowdowns(edges, second, closed.current?.slowdowns ?? []),
    controlPlane,
    shifts,
    dnsFailingSinceUnixNano,
    quietSinceUnixNano,
  });
}

/** The failures of an incident that is over are no measure of what is normal. */
function sinceQuiet({ edges, quietSinceUnixNano }: ClosedSecond): readonly CallEdgeSecond[] {
  if (quietSinceUnixNano === undefined) return edges;
  const since = secondOf(quietSinceUnixNano);
  return edges.filter((edge) => edge.second >= since);
}

function open(evidence: Evidence, start: UnixNano, number: number): Incident {
  const detected = endOfSecond(evidence.second);
  const words = describeIncident(evidence);
  const before = evidence.edges.filter((edge) => edge.second < secondOf(start));
  const first: Incident = {
    id: `inc-${number}`,
    number,
    ...words,
    state: 'open',
    startUnixNano: start,
    detectedUnixNano: detected,
    services: [],
    failedCalls: 0,
    totalCalls: 0,
    peakDnsRatio: 0,
    normalDnsRatio: dnsRatio(before),
    shifts: [],
    slowdowns: [],
    events: [entry(detected, 'incident-opened', words.title, words.title, 'closed seconds')],
  };
  const since = evidence.edges.filter((edge) => edge.second >= secondOf(start));
  return withSecond(first, evidence, since);
}

function moveOn(incident: Incident, evidence: Evidence): Incident {
  const now = evidence.edges.filter((edge) => edge.second === evidence.second);
  return settle(withSecond(incident, evidence, now), evidence);
}

/** Adds what the second shows. `counted` are the edges whose calls are not yet in the totals. */
function withSecond(
  incident: Incident,
  evidence: Evidence,
  counted: readonly CallEdgeSecond[],
): Incident {
  const own = evidence.shifts.filter((shift) => shift.toUnixNano >= incident.startUnixNano);
  const shifts = toServiceShifts(own, unfinishedMoves(evidence));
  const movers = moversOf(shifts);
  const services = touched(incident, evidence);
  const { failedCalls, totalCalls } = countCalls(counted);
  const told = { ...evidence, shifts: own };
  const fresh = newEvents(told, incident.events, incident.startUnixNano);
  return {
    ...incident,
    ...reword(incident, evidence),
    startUnixNano: earlierStart(incident, evidence),
    services,
    failedCalls: incident.failedCalls + failedCalls,
    totalCalls: incident.totalCalls + totalCalls,
    peakDnsRatio: Math.max(incident.peakDnsRatio, ...dnsBySecond(counted)),
    shifts,
    slowdowns: evidence.slowdowns,
    ...(movers.first === undefined ? {} : { firstMover: movers.first }),
    ...(movers.last === undefined ? {} : { lastMover: movers.last }),
    events: [...incident.events, ...fresh].sort(byTime),
  };
}

/** A first sign may be recognised after the one that opened the incident: a slower edge that failed first. */
function earlierStart(incident: Incident, evidence: Evidence): UnixNano {
  const first = firstEvidence(evidence);
  const isFirst = first !== undefined && first < incident.startUnixNano;
  return isFirst && isYoung(incident, evidence) ? first : incident.startUnixNano;
}

function isYoung(incident: Incident, evidence: Evidence): boolean {
  const ageNs = elapsedNs(incident.detectedUnixNano, endOfSecond(evidence.second));
  return ageNs <= SETTLING_SECONDS * NS_PER_SECOND;
}

/** New words only while it is young or gets worse: an incident that heals keeps the words of its worst. */
function reword(
  incident: Incident,
  evidence: Evidence,
): Partial<Pick<Incident, 'title' | 'cause' | 'severity'>> {
  const words = describeIncident(evidence);
  const isWorse =
    words.severity < incident.severity ||
    evidence.missing.length > readUnderWay(incident.events).missing.size;
  if (!isWorse && !isYoung(incident, evidence)) return {};
  const severity = Math.min(words.severity, incident.severity) as Severity;
  const tellsMore =
    evidence.failing.length > 0 ||
    incident.severity === 3 ||
    incident.events.every(({ kind }) => kind !== 'failures-began');
  // The cause may be over a few seconds before the calls that failed by it.
  const forgets = hasCause(incident) && !knowsCause(evidence);
  return tellsMore && !forgets ? { ...words, severity } : { severity };
}

function touched(incident: Incident, evidence: Evidence): readonly string[] {
  const failing = evidence.failing.flatMap((edge) => [edge.client, edge.server]);
  const clients = evidence.lacking.map((client) => client.service);
  const isWorse = evidence.failing.length > 0 || hasGreaterHarm(incident);
  const slow = isWorse ? [] : evidence.slowdowns.flatMap((edge) => [edge.client, edge.server]);
  const names = new Set([
    ...incident.services,
    ...failing,
    ...clients,
    ...slow,
    ...dyingServices(evidence),
  ]);
  names.delete(USERS);
  return [...names].sort();
}

/** Of proxies that a push ends: nothing leaves them, so that no failed call may tell of them. */
function dyingServices({ setbacks, controlPlane }: Evidence): readonly string[] {
  const dying = setbacks.filter(({ kind }) => kind === 'push-fatal').flatMap((one) => one.clients);
  return controlPlane.clients.filter(({ id }) => dying.includes(id)).map(({ service }) => service);
}

/** Of everybody but Detour itself. */
export function countCalls(
  edges: readonly Pick<CallEdge, 'client' | 'server' | 'calls' | 'errors'>[],
): Pick<Incident, 'failedCalls' | 'totalCalls'> {
  let totalCalls = 0;
  let failedCalls = 0;
  for (const edge of edges) {
    if (isOwnService(edge.client) || isOwnService(edge.server)) continue;
    totalCalls += edge.calls;
    failedCalls += edge.errors;
  }
  return { failedCalls, totalCalls };
}

function dnsBySecond(edges: readonly CallEdgeSecond[]): readonly number[] {
  const seconds = [...new Set(edges.map((edge) => edge.second))];
  return seconds.map((second) => dnsRatio(edges.filter((edge) => edge.second === second)));
}
