import { envoyVersionGauge } from '#analysis/control-plane/envoy-version-hash.ts';
import type { ClientFacts } from '#analysis/control-plane/judge-client.ts';
import type { Push, XdsClient, XdsTypeState } from '#analysis/control-plane/xds-client.ts';
import { xdsClientId } from '#analysis/control-plane/xds-client-id.ts';
import { ATTR_ENVOY_CLUSTER_NAME } from '#telemetry/attributes.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import {
  METRIC_ENVOY_CONNECTED,
  METRIC_ENVOY_UPDATE_REJECTED,
  METRIC_ENVOY_UPDATE_TIME,
  METRIC_ENVOY_VERSION,
} from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { elapsedNs, NS_PER_MS, type UnixNano, unixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** The metrics that `readEnvoyClients` reads. */
export const ENVOY_CLIENT_METRICS: readonly string[] = [
  METRIC_ENVOY_CONNECTED,
  ...Object.values(METRIC_ENVOY_VERSION),
  ...Object.values(METRIC_ENVOY_UPDATE_TIME),
  ...Object.values(METRIC_ENVOY_UPDATE_REJECTED),
];

/** One flush of Envoy's statistics carries one instant; a series that is not in it has been removed. */
const SAME_FLUSH_NS = 500 * NS_PER_MS;
/** Names of removed clusters that are remembered of one client. */
const WITHDRAWN_LIMIT = 100;
const HASH_DIGITS = 6;
const SIGNED_BITS = 64;

export interface EnvoyInput {
  /** The newest point of each series of `ENVOY_CLIENT_METRICS`. */
  readonly points: readonly MetricPoint[];
  readonly previous: ReadonlyMap<string, XdsClient>;
  readonly calls: readonly CallEdge[];
  readonly pushes: readonly Push[];
}

/**
 * Envoys as their own metrics tell them. Envoy names neither its versions (it shows a hash) nor what it lacks: a version is
 * recognised among those that were pushed, and a name counts as missing when its cluster is gone and calls to it find no
 * route. Its id is that of its process, as in its xDS node.
 */
export function readEnvoyClients(input: EnvoyInput): readonly ClientFacts[] {
  const byClient = new Map<string, MetricPoint[]>();
  for (const point of input.points) {
    const id = xdsClientId(point);
    const known = byClient.get(id);
    if (known === undefined) byClient.set(id, [point]);
    else known.push(point);
  }
  return [...byClient].map(([id, points]) => toFacts(id, points, input));
}

function toFacts(id: string, points: readonly MetricPoint[], input: EnvoyInput): ClientFacts {
  const newest = points.reduce((best, point) => (point.unixNano > best.unixNano ? point : best));
  const previous = input.previous.get(id);
  const isNow = (point: MetricPoint): boolean =>
    elapsedNs(point.unixNano, newest.unixNano) < SAME_FLUSH_NS;
  const present = points.filter(isNow);
  const connected = sumOf(present, METRIC_ENVOY_CONNECTED) > 0;
  const versions = versionTexts(input.pushes);
  const types = XDS_TYPES.flatMap((type) => {
    const state = typeState(type, present, previous?.types[type], versions);
    return state === undefined ? [] : [[type, state] as const];
  });
  const byType = Object.fromEntries(types) as XdsClient['types'];
  return {
    id,
    service: newest.service,
    kind: 'envoy',
    server: previous?.server ?? '',
    connected,
    connectedSinceUnixNano:
      previous?.connected === connected ? previous.connectedSinceUnixNano : newest.unixNano,
    types:
      byType.CDS === undefined
        ? byType
        : {
            ...byType,
            CDS: { ...byType.CDS, ...lostNames(points, present, previous, input.calls) },
          },
    lastReportUnixNano: newest.unixNano,
  };
}

/**
 * A cluster that went is missing once a call to it finds no route; and stays so when operators have moved its callers
 * elsewhere and nobody asks any more.
 */
function lostNames(
  points: readonly MetricPoint[],
  present: readonly MetricPoint[],
  previous: XdsClient | undefined,
  calls: readonly CallEdge[],
): Pick<XdsTypeState, 'missing' | 'withdrawn'> {
  const held = new Set(present.flatMap(clusterOf));
  const before = previous?.types.CDS;
  const withdrawn = new Set([...points.flatMap(clusterOf), ...(before?.withdrawn ?? [])]);
  for (const name of held) withdrawn.delete(name);
  const service = points[0]?.service;
  const asked = new Set(
    calls
      .filter((edge) => edge.client === service && edge.mode === 'xds-none')
      .map((edge) => edge.server),
  );
  const names = [...withdrawn].sort().slice(0, WITHDRAWN_LIMIT);
  return {
    withdrawn: names,
    missing: names.filter((name) => asked.has(name) || before?.missing.includes(name) === true),
  };
}

/** Undefined for a type that this Envoy never got from a server: a cluster of its bootstrap has version 0. */
function typeState(
  type: XdsType,
  present: readonly MetricPoint[],
  previous: XdsTypeState | undefined,
  versions: ReadonlyMap<number, string>,
): XdsTypeState | undefined {
  const served = present.filter(
    (point) => point.name === METRIC_ENVOY_VERSION[type] && numberOf(point) !== 0,
  );
  const refusals = sumOf(present, METRIC_ENVOY_UPDATE_REJECTED[type]);
  if (served.length === 0 && refusals === 0 && previous === undefined) return undefined;
  const changedMs = newestUpdate(type, present, served);
  const latest = served.find((point) => updateTime(type, present, point) === changedMs);
  const updatedUnixNano = unixNano(BigInt(changedMs) * BigInt(NS_PER_MS));
  // What was updated last may be gone, and nothing has come since: that is no step back to what is left.
  const isKept = previous !== undefined && updatedUnixNano < previous.changedUnixNano;
  const changedUnixNano = isKept ? previous.changedUnixNano : updatedUnixNano;
  const told = latest === undefined ? undefined : versionText(latest, versions);
  const acked = isKept ? (previous.acked ?? told) : told;
  return {
    ...(acked === undefined ? {} : { received: acked, acked }),
    ...refusedState(refusals, changedUnixNano, previous),
    refusals,
    // What CDS serves shows as the clusters whose endpoints are served.
    resources: type === 'CDS' ? countServedClusters(present) : served.length,
    missing: [],
    changedUnixNano,
  };
}

/** A refusal stands until something is accepted again. */
function refusedState(
  refusals: number,
  changedUnixNano: UnixNano,
  previous: XdsTypeState | undefined,
): Pick<XdsTypeState, 'rejected'> {
  const isNew = previous !== undefined && refusals > (previous.refusals ?? refusals);
  const stands = previous?.rejected !== undefined && previous.changedUnixNano === changedUnixNano;
  return isNew || stands ? { rejected: 'the newest' } : {};
}

function newestUpdate(
  type: XdsType,
  present: readonly MetricPoint[],
  served: readonly MetricPoint[],
): number {
  return served.reduce((latest, point) => Math.max(latest, updateTime(type, present, point)), 0);
}

/** ms since 1970 of the last update of the same resource. */
function updateTime(type: XdsType, present: readonly MetricPoint[], version: MetricPoint): number {
  const cluster = version.attributes.get(ATTR_ENVOY_CLUSTER_NAME);
  const found = present.find(
    (point) =>
      point.name === METRIC_ENVOY_UPDATE_TIME[type] &&
      point.attributes.get(ATTR_ENVOY_CLUSTER_NAME) === cluster,
  );
  return found === undefined ? 0 : Math.round(numberOf(found));
}

function countServedClusters(present: readonly MetricPoint[]): number {
  return present.filter((point) => point.name === METRIC_ENVOY_VERSION.EDS && numberOf(point) !== 0)
    .length;
}

function clusterOf(point: MetricPoint): readonly string[] {
  const name = point.attributes.get(ATTR_ENVOY_CLUSTER_NAME);
  const isCluster = point.name === METRIC_ENVOY_VERSION.EDS && typeof name === 'string';
  return isCluster && numberOf(point) !== 0 ? [name] : [];
}

function versionTexts(pushes: readonly Push[]): ReadonlyMap<number, string> {
  const texts = new Set(pushes.map((push) => push.version));
  return new Map([...texts].map((version) => [gaugeOf(version), version]));
}

/** Versions repeat from second to second, and their hash is slow. */
const gauges = new Map<string, number>();
const GAUGES_LIMIT = 1000;

function gaugeOf(version: string): number {
  const known = gauges.get(version);
  if (known !== undefined) return known;
  if (gauges.size >= GAUGES_LIMIT) gauges.clear();
  const gauge = envoyVersionGauge(version);
  gauges.set(version, gauge);
  return gauge;
}

/** The text that was pushed, or the head of its hash, by which two Envoys can at least be compared. */
function versionText(point: MetricPoint, versions: ReadonlyMap<number, string>): string {
  const gauge = numberOf(point);
  const hash = BigInt.asUintN(SIGNED_BITS, BigInt(Math.trunc(gauge)));
  return versions.get(gauge) ?? `#${hash.toString(16).padStart(16, '0').slice(0, HASH_DIGITS)}`;
}

function sumOf(present: readonly MetricPoint[], name: string): number {
  return present
    .filter((point) => point.name === name)
    .reduce((sum, point) => sum + numberOf(point), 0);
}

function numberOf(point: MetricPoint): number {
  return point.value.kind === 'histogram' ? point.value.sum : point.value.value;
}
