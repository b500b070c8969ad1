import type { Incident, IncidentEvent } from '#analysis/incident/incident.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import { ATTR_SAFEGUARD_NAME } from '#telemetry/attributes.ts';
import { type CallEdge, USERS } from '#telemetry/call-edge.ts';
import { METRIC_SAFEGUARD } from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { SAFEGUARDS, type Safeguard } from '#telemetry/safeguard.ts';

/** What the parts of the mesh said of their safeguards; one that nobody spoke of is in neither list. */
export interface StatedSafeguards {
  /** By everyone who could have it. */
  readonly inForce: readonly Safeguard[];
  /** By at least one not. */
  readonly absent: readonly Safeguard[];
}

/** Requests of users, as the services that they enter by answered them. */
export interface UserCalls {
  readonly failed: number;
  readonly total: number;
}

export interface ComparedIncident {
  readonly incident: Incident;
  readonly safeguards: StatedSafeguards;
  readonly users: UserCalls;
}

/** One incident beside others of the same root cause. */
export interface IncidentComparison {
  readonly cause: RootCause;
  readonly own: ComparedIncident;
  /** The latest of each set of safeguards, newest first; also one of the same set. */
  readonly others: readonly ComparedIncident[];
}

export interface RootCause {
  readonly kind:
    | 'configuration'
    | 'control-plane'
    | 'refused-push'
    | 'fatal-push'
    | 'older-versions'
    | 'dns'
    | 'calls'
    | 'latency';
  /** Services that it is about; empty where it is about all or unknown. */
  readonly services: readonly string[];
}

type Decisive = Readonly<Partial<Record<IncidentEvent['kind'], RootCause['kind']>>>;

const DECISIVE: Decisive = {
  'config-lost': 'configuration',
  'push-held-back': 'configuration',
  release: 'configuration',
  'control-plane-lost': 'control-plane',
  'clients-cut-off': 'control-plane',
  'push-rejected': 'refused-push',
  'push-fatal': 'fatal-push',
  'version-regressed': 'older-versions',
  'dns-failing': 'dns',
};
/** Kinds whose subject is a list of services. */
const NAMES_SERVICES = new Set<IncidentEvent['kind']>(['config-lost', 'push-held-back']);

/** By the first entry that tells of more than failed calls; where none does, by where calls failed, or else were slow. */
export function rootCauseOf({ events }: Incident): RootCause {
  const first = events.find(({ kind }) => DECISIVE[kind] !== undefined);
  const kind = first === undefined ? undefined : DECISIVE[first.kind];
  if (kind === undefined) {
    const failed = events.filter((event) => event.kind === 'failures-began');
    const edges =
      failed.length > 0 ? failed : events.filter((event) => event.kind === 'slow-began');
    const servers = edges.map(({ subject }) => subject.split(' → ').at(-1) ?? subject);
    const isSlow = failed.length === 0 && edges.length > 0;
    return { kind: isSlow ? 'latency' : 'calls', services: [...new Set(servers)].sort() };
  }
  if (kind !== 'configuration') return { kind, services: [] };
  // Clients tell of what they lost one after the other.
  const named = events.filter((event) => NAMES_SERVICES.has(event.kind));
  const services = named.flatMap(({ subject }) => subject.split(', '));
  return { kind, services: [...new Set(services)].sort() };
}

/** The same kind, and about the same services as far as both name any. */
function isSameCause(a: RootCause, b: RootCause): boolean {
  if (a.kind !== b.kind) return false;
  const isOpen = a.services.length === 0 || b.services.length === 0;
  return isOpen || isAlike(a.services, b.services);
}

/** One service lost is another story than four of which it is one. */
function isAlike(a: readonly string[], b: readonly string[]): boolean {
  const shared = a.filter((name) => b.includes(name)).length;
  return shared * 2 >= Math.max(a.length, b.length);
}

/** Incidents of the same root cause, in the order of `all`, without itself. */
export function similarIncidents(
  incident: Incident,
  all: readonly Incident[],
): readonly Incident[] {
  const cause = rootCauseOf(incident);
  return all.filter((other) => other.id !== incident.id && isSameCause(cause, rootCauseOf(other)));
}

/** Of each set of safeguards the first, in the given order. */
export function firstOfEachSet(compared: readonly ComparedIncident[]): readonly ComparedIncident[] {
  const seen = new Set<string>();
  return compared.filter(({ safeguards }) => {
    const key = safeguards.inForce.join();
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}

/** `points`: the last of each series, any order. A restarted part's last word is overruled by its successor's. */
export function readStatedSafeguards(points: readonly MetricPoint[]): StatedSafeguards {
  const stated = new Map<Safeguard, Map<string, MetricPoint>>();
  for (const point of points) {
    if (point.name !== METRIC_SAFEGUARD) continue;
    const name = SAFEGUARDS.find((known) => known === point.attributes.get(ATTR_SAFEGUARD_NAME));
    if (name === undefined) continue;
    const byService = stated.get(name) ?? new Map<string, MetricPoint>();
    stated.set(name, byService);
    const before = byService.get(point.service);
    if (before === undefined || isWeaker(point, before)) byService.set(point.service, point);
  }
  const of = (isInForce: boolean) =>
    SAFEGUARDS.filter((name) => {
      const said = [...(stated.get(name)?.values() ?? [])];
      return said.length > 0 && said.every((point) => numberOf(point) > 0) === isInForce;
    });
  return { inForce: of(true), absent: of(false) };
}

/** Of one instance the newer word counts, of several the one that has it not. */
function isWeaker(point: MetricPoint, before: MetricPoint): boolean {
  const isSame = point.instance === before.instance;
  return isSame ? point.unixNano > before.unixNano : numberOf(point) < numberOf(before);
}

function numberOf({ value }: MetricPoint): number {
  return value.kind === 'histogram' ? value.sum : value.value;
}

export function countUserCalls(
  edges: readonly Pick<CallEdge, 'client' | 'server' | 'calls' | 'errors'>[],
): UserCalls {
  const entered = edges.filter((edge) => edge.client === USERS && !isOwnService(edge.server));
  return {
    failed: entered.reduce((sum, edge) => sum + edge.errors, 0),
    total: entered.reduce((sum, edge) => sum + edge.calls, 0),
  };
}
