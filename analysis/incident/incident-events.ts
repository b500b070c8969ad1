import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import { lastFailure } from '#analysis/incident/find-failures.ts';
import type { Setback } from '#analysis/incident/find-setbacks.ts';
import type { IncidentEvent } from '#analysis/incident/incident.ts';
import { byTime, CONTROL_PLANE, entry, subjectOf } from '#analysis/incident/incident-entry.ts';
import {
  type Evidence,
  lackedNames,
  unfinishedMoves,
} from '#analysis/incident/incident-evidence.ts';
import {
  dnsEvents,
  setbackEvents,
  standingSetbacks,
  stillOpen,
  stuckEvents,
} from '#analysis/incident/setback-events.ts';
import { slowEvents } from '#analysis/incident/slow-events.ts';
import { toServiceShifts } from '#analysis/routing/to-service-shifts.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { USERS } from '#telemetry/call-edge.ts';
import {
  METRIC_XDS_CLIENT_CONFIG_AGE,
  METRIC_XDS_CLIENT_CONNECTED,
} from '#telemetry/metric-names.ts';
import {
  addNs,
  endOfSecond,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type UnixNano,
  type UnixSecond,
} from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';

/** What the entries of a timeline say is under way: an incident needs no other memory. */
export interface UnderWay {
  /** Ids of edges that fail, with their first second. */
  readonly failing: ReadonlyMap<string, UnixSecond>;
  /** Ids of edges that failed and stopped. */
  readonly recovered: ReadonlySet<string>;
  /** Names lost and not restored. */
  readonly missing: ReadonlySet<string>;
  readonly controlPlaneLost: boolean;
  /** Of those that end. */
  readonly setbacks: ReadonlySet<Setback['kind']>;
}

/** What a client held may have changed a moment before the first sign; older news belong to other times. */
const BEFORE_NS = 5 * NS_PER_SECOND;

export function readUnderWay(events: readonly IncidentEvent[]): UnderWay {
  const failing = [...stillOpen(events, 'failures-began', 'failures-ended')].map(
    ([subject, since]) => [edgeOf(subject), secondOf(since)] as const,
  );
  const restored = events.findLastIndex((event) => event.kind === 'config-restored');
  const lost = events.slice(restored + 1).filter((event) => event.kind === 'config-lost');
  return {
    failing: new Map(failing),
    recovered: new Set(
      events
        .filter((event) => event.kind === 'failures-ended')
        .map((event) => edgeOf(event.subject)),
    ),
    missing: new Set(lost.flatMap((event) => namesOf(event.subject))),
    controlPlaneLost: stillOpen(events, 'control-plane-lost', 'control-plane-restored').size > 0,
    setbacks: standingSetbacks(events),
  };
}

/** Entries that `evidence` adds to `events`, ascending. The same evidence twice adds nothing. */
export function newEvents(
  evidence: Evidence,
  events: readonly IncidentEvent[],
  startUnixNano: UnixNano,
): readonly IncidentEvent[] {
  const underWay = readUnderWay(events);
  const found = [
    ...releaseEvents(evidence),
    ...heldPushEvents(evidence, events),
    ...configEvents(evidence, underWay),
    ...controlPlaneEvents(evidence, underWay),
    ...failureEvents(evidence, underWay),
    ...slowEvents(evidence.slowdowns),
    ...setbackEvents(evidence, underWay.setbacks, events),
    ...dnsEvents(evidence, events),
    ...stuckEvents(evidence, events),
    ...shiftEvents(evidence),
  ];
  const known = new Set(events.map(keyOf));
  const since = addNs(startUnixNano, -BEFORE_NS);
  return found.filter((event) => event.unixNano >= since && !known.has(keyOf(event))).sort(byTime);
}

/** A shift is placed better as seconds come in: it stays the same entry. */
function keyOf(event: IncidentEvent): string {
  const moves = event.kind.startsWith('shift-') || event.kind === 'client-stuck';
  return `${event.kind} ${event.subject} ${moves ? event.text : event.unixNano}`;
}

/** A snapshot that only moves endpoints is daily bread: what counts is another release, or fewer resources. */
function releaseEvents({ controlPlane }: Evidence): readonly IncidentEvent[] {
  return controlPlane.releases
    .filter((release, index, newestFirst) => {
      const before = newestFirst[index + 1];
      const isOther = before !== undefined && before.release !== release.release;
      return isOther || release.resourcesAfter < release.resourcesBefore;
    })
    .map((release) =>
      entry(
        release.unixNano,
        'release',
        CONTROL_PLANE,
        `${release.release || versionWord(release.version)} published: ${release.resourcesAfter} resources, ${release.resourcesBefore} before`,
        'span xds.release',
      ),
    );
}

/** One at a time: the same trouble may be held back for more than one reason in turn. */
function heldPushEvents(
  { heldPush }: Evidence,
  events: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  const kind = 'push-held-back';
  if (heldPush === undefined) return [];
  const { unixNano, names, reason } = heldPush;
  const subject = names.length === 0 ? CONTROL_PLANE : names.join(', ');
  const isSaid = events.some((event) => event.kind === kind && event.subject === subject);
  const text = `held back: ${reason}`;
  return isSaid ? [] : [entry(unixNano, kind, subject, text, 'span xds.release.held_back')];
}

function configEvents(evidence: Evidence, underWay: UnderWay): readonly IncidentEvent[] {
  const lost = evidence.missing.filter((name) => !underWay.missing.has(name));
  const end = endOfSecond(evidence.second);
  if (lost.length > 0) {
    const at = evidence.lacking
      .flatMap((client) => Object.values(client.types))
      .filter((state) => state.missing.length > 0 || (state.empty ?? []).length > 0)
      .map((state) => state.changedUnixNano)
      .reduce((first, instant) => (instant < first ? instant : first), end);
    const from = `${evidence.lacking.length} of ${evidence.controlPlane.clients.length} clients`;
    const isEmpty = lost.every((name) => evidence.empty.includes(name));
    const what = isEmpty ? 'without endpoints' : 'gone';
    const text = `${lost.join(', ')} ${what} at ${from}, all acknowledged`;
    return [entry(at, 'config-lost', lost.join(', '), text, METRIC_XDS_CLIENT_CONFIG_AGE)];
  }
  if (underWay.missing.size === 0 || !holdEverything(evidence.controlPlane.clients)) return [];
  const names = [...underWay.missing].sort().join(', ');
  const at = restoredAt(evidence);
  const text = `${names} held again`;
  return [entry(at, 'config-restored', names, text, METRIC_XDS_CLIENT_CONFIG_AGE)];
}

/** Known only from clients that speak; a stuck one will not hold its names before it is restarted. */
function holdEverything(clients: readonly XdsClient[]): boolean {
  const speaking = clients.filter((client) => !client.isSilent && client.verdict !== 'stuck');
  return (
    speaking.some((client) => client.connected) &&
    speaking.every((client) => lackedNames(client).length === 0)
  );
}

/** When the last client that now holds everything changed its content. */
function restoredAt({ controlPlane, second }: Evidence): UnixNano {
  const changes = controlPlane.clients
    .filter((client) => client.verdict !== 'stuck')
    .flatMap((client) => Object.values(client.types).map((state) => state.changedUnixNano))
    .filter((instant) => instant <= endOfSecond(second));
  return changes.reduce((last, instant) => (instant > last ? instant : last), 0n as UnixNano);
}

function controlPlaneEvents(evidence: Evidence, underWay: UnderWay): readonly IncidentEvent[] {
  const since = evidence.controlPlaneLostSince;
  if (since !== undefined && !underWay.controlPlaneLost) {
    const text = evidence.controlPlane.summary;
    return [entry(since, 'control-plane-lost', CONTROL_PLANE, text, METRIC_XDS_CLIENT_CONNECTED)];
  }
  if (!underWay.controlPlaneLost || evidence.controlPlane.state === 'lost') return [];
  const back = evidence.controlPlane.clients
    .filter((client) => client.connected)
    .map((client) => client.connectedSinceUnixNano)
    .reduce((last, instant) => (instant > last ? instant : last), 0n as UnixNano);
  const text = 'clients hold streams again';
  return [entry(back, 'control-plane-restored', CONTROL_PLANE, text, METRIC_XDS_CLIENT_CONNECTED)];
}

function failureEvents(evidence: Evidence, underWay: UnderWay): readonly IncidentEvent[] {
  const now = new Map(evidence.failing.map((edge) => [edge.id, edge]));
  const began = evidence.failing
    .filter((edge) => !underWay.failing.has(edge.id))
    .map((edge) => {
      const byDns = edge.dnsRatio > 0.5;
      const why = edge.noConfigRatio > 0.5 ? ': no address by xDS' : byDns ? ': found by DNS' : '';
      const text = `${edge.errors} of ${edge.calls} calls fail${why}`;
      return entry(
        notBeforeCause(edge.sinceSecond, evidence),
        'failures-began',
        subjectOf(edge.id),
        text,
        'call edges',
      );
    });
  const ended = [...underWay.failing.keys()]
    .filter((id) => !now.has(id))
    .map((id) => {
      const last = lastFailure(evidence.edges, id) ?? evidence.second;
      const answered = evidence.edges.some(
        (edge) => edgeId(edge) === id && edge.second > last && edge.calls > edge.errors,
      );
      const text = answered ? 'calls succeed again' : 'no calls any more';
      return entry(endOfSecond(last), 'failures-ended', subjectOf(id), text, 'call edges');
    });
  return [...began, ...ended];
}

/** Failures are known to the second, their cause exactly: in one second the cause came first. */
function notBeforeCause(second: UnixSecond, evidence: Evidence): UnixNano {
  const cause = evidence.massDeletion?.unixNano ?? evidence.controlPlaneLostSince;
  return cause !== undefined && secondOf(cause) === second ? cause : startOfSecond(second);
}

function shiftEvents(all: Evidence): readonly IncidentEvent[] {
  return toServiceShifts(all.shifts, unfinishedMoves(all)).flatMap((shift) => {
    const where = shift.direction === 'to-dns' ? 'DNS' : 'the mesh';
    const evidence = 'mesh.routing.mode';
    const began = entry(
      shift.beganUnixNano,
      'shift-began',
      shift.service,
      `goes to ${where}`,
      evidence,
    );
    if (shift.endedUnixNano === undefined) return [began];
    const edges = `${shift.edges} edge${shift.edges === 1 ? '' : 's'}`;
    return [
      began,
      entry(
        shift.endedUnixNano,
        'shift-ended',
        shift.service,
        `all on ${where}, ${edges}`,
        evidence,
      ),
    ];
  });
}

function edgeOf(subject: string): string {
  return subject.replace(/^users →/, `${USERS} →`).replace(' → ', '->');
}

function namesOf(subject: string): readonly string[] {
  return subject.split(', ');
}
