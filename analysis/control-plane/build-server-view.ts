import { isOlderVersion } from '#analysis/control-plane/version-order.ts';
import type { HeldPush, Push, Release, ServerView } from '#analysis/control-plane/xds-client.ts';
import {
  ATTR_CONTROL_PLANE_RELEASE,
  ATTR_XDS_NODE,
  ATTR_XDS_OUTCOME,
  ATTR_XDS_REJECT_REASON,
  ATTR_XDS_RESOURCES,
  ATTR_XDS_RESOURCES_MISSING,
  ATTR_XDS_RESOURCES_REMOVED,
  ATTR_XDS_TYPE,
  ATTR_XDS_VERSION,
} from '#telemetry/attributes.ts';
import {
  METRIC_CONTROL_PLANE_ACKS,
  METRIC_CONTROL_PLANE_CLIENTS,
  METRIC_CONTROL_PLANE_NACKS,
  METRIC_CONTROL_PLANE_RESOURCES,
} from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import type { Attributes, Span } from '#telemetry/span.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** The metrics that `buildServerView` reads. */
export const SERVER_VIEW_METRICS: readonly string[] = [
  METRIC_CONTROL_PLANE_CLIENTS,
  METRIC_CONTROL_PLANE_RESOURCES,
  METRIC_CONTROL_PLANE_ACKS,
  METRIC_CONTROL_PLANE_NACKS,
];

export const SPAN_XDS_PUSH = 'xds.push';
export const SPAN_XDS_RELEASE = 'xds.release';
export const SPAN_XDS_HELD_BACK = 'xds.release.held_back';

/** It reports each second; after three missed reports it is silent. */
const SILENT_AFTER_NS = 4 * NS_PER_SECOND;

/** The control plane's own word. `points` in any order, all series of `SERVER_VIEW_METRICS` lately seen. */
export function buildServerView(input: {
  readonly atUnixNano: UnixNano;
  readonly points: readonly MetricPoint[];
}): ServerView {
  const points = input.points
    .filter((point) => SERVER_VIEW_METRICS.includes(point.name))
    .filter((point) => point.unixNano <= input.atUnixNano)
    .sort((a, b) => elapsedNs(b.unixNano, a.unixNano));
  const newest = points.at(-1);
  if (newest === undefined) return { resources: {}, acks: 0, nacks: 0 };
  // A restarted control plane is a new instance; the counters of the one before it would count twice.
  const own = points.filter((point) => point.instance === newest.instance);
  const snapshot = own.filter((point) => point.name === METRIC_CONTROL_PLANE_RESOURCES);
  const said = snapshot.at(-1)?.attributes;
  const silentNs = elapsedNs(newest.unixNano, input.atUnixNano);
  const clients = own.filter((point) => point.name === METRIC_CONTROL_PLANE_CLIENTS).at(-1);
  return {
    service: newest.service,
    ...(silentNs > SILENT_AFTER_NS ? { silentSinceUnixNano: newest.unixNano } : {}),
    lastReportUnixNano: newest.unixNano,
    ...optional('instance', newest.instance === '' ? undefined : newest.instance),
    ...optional('version', newestVersion(snapshot)),
    ...optional('release', text(said, ATTR_CONTROL_PLANE_RELEASE)),
    ...optional('connectedClients', clients === undefined ? undefined : numberOf(clients)),
    resources: resourcesByType(snapshot),
    acks: sumLatest(own, METRIC_CONTROL_PLANE_ACKS),
    nacks: sumLatest(own, METRIC_CONTROL_PLANE_NACKS),
  };
}

/** Newest first. A span that states no known type or client is no push. */
export function toPushes(spans: readonly Span[]): readonly Push[] {
  return spans
    .flatMap((span) => (span.name === SPAN_XDS_PUSH ? toPush(span) : []))
    .sort((a, b) => elapsedNs(a.unixNano, b.unixNano));
}

/** Newest first. What there was before is what the release before left, where that one is known. */
export function toReleases(spans: readonly Span[]): readonly Release[] {
  const ascending = spans
    .flatMap((span) => (span.name === SPAN_XDS_RELEASE ? [toRelease(span)] : []))
    .sort((a, b) => elapsedNs(b.unixNano, a.unixNano));
  return ascending
    .map((release, index) => {
      const before = ascending[index - 1];
      return before === undefined
        ? release
        : { ...release, resourcesBefore: before.resourcesAfter };
    })
    .reverse();
}

/** Newest first. */
export function toHeldPushes(spans: readonly Span[]): readonly HeldPush[] {
  return spans
    .filter((span) => span.name === SPAN_XDS_HELD_BACK)
    .map((span) => ({
      unixNano: span.startUnixNano,
      release: text(span.attributes, ATTR_CONTROL_PLANE_RELEASE) ?? '',
      names: (text(span.attributes, ATTR_XDS_RESOURCES_MISSING) ?? '')
        .split(',')
        .filter((name) => name !== ''),
      reason: text(span.attributes, ATTR_XDS_REJECT_REASON) ?? '',
    }))
    .sort((a, b) => elapsedNs(a.unixNano, b.unixNano));
}

function toPush(span: Span): readonly Push[] {
  const type = typeOf(span.attributes);
  const client = text(span.attributes, ATTR_XDS_NODE);
  if (type === undefined || client === undefined) return [];
  const outcome = outcomeOf(text(span.attributes, ATTR_XDS_OUTCOME));
  const reason = text(span.attributes, ATTR_XDS_REJECT_REASON);
  return [
    {
      unixNano: span.startUnixNano,
      type,
      version: text(span.attributes, ATTR_XDS_VERSION) ?? '',
      client,
      resources: count(span.attributes, ATTR_XDS_RESOURCES),
      removed: count(span.attributes, ATTR_XDS_RESOURCES_REMOVED),
      ...(outcome === 'acked' || outcome === 'nacked'
        ? { ackAfterNs: elapsedNs(span.startUnixNano, span.endUnixNano) }
        : {}),
      ...(outcome === 'silent'
        ? { silentAfterNs: elapsedNs(span.startUnixNano, span.endUnixNano) }
        : {}),
      outcome,
      ...optional('reason', reason),
    },
  ];
}

function toRelease(span: Span): Release {
  const after = count(span.attributes, ATTR_XDS_RESOURCES);
  const removed = count(span.attributes, ATTR_XDS_RESOURCES_REMOVED);
  return {
    unixNano: span.startUnixNano,
    version: text(span.attributes, ATTR_XDS_VERSION) ?? '',
    release: text(span.attributes, ATTR_CONTROL_PLANE_RELEASE) ?? '',
    resourcesBefore: after + removed,
    resourcesAfter: after,
  };
}

function outcomeOf(value: string | undefined): Push['outcome'] {
  return value === 'acked' || value === 'nacked' || value === 'superseded' ? value : 'silent';
}

function resourcesByType(snapshot: readonly MetricPoint[]): ServerView['resources'] {
  // Ascending: a later version's series overwrites an earlier one's.
  const counts = new Map<XdsType, number>();
  for (const point of snapshot) {
    const type = typeOf(point.attributes);
    if (type !== undefined) counts.set(type, numberOf(point));
  }
  return Object.fromEntries(counts);
}

/** Types have versions of their own: a push of endpoints alone leaves the others at the one before. */
function newestVersion(snapshot: readonly MetricPoint[]): string | undefined {
  const byType = new Map<XdsType, string>();
  for (const { attributes } of snapshot) {
    const [type, version] = [typeOf(attributes), text(attributes, ATTR_XDS_VERSION)];
    if (type !== undefined && version !== undefined) byType.set(type, version);
  }
  return [...byType.values()].reduce<string | undefined>(
    (newest, version) =>
      newest !== undefined && isOlderVersion(version, newest) ? newest : version,
    undefined,
  );
}

/** Of each series its last value: `points` ascend by time. */
function sumLatest(points: readonly MetricPoint[], name: string): number {
  const latest = new Map<string, number>();
  for (const point of points) {
    if (point.name === name) latest.set(typeOf(point.attributes) ?? '', numberOf(point));
  }
  return [...latest.values()].reduce((sum, value) => sum + value, 0);
}

function typeOf(attributes: Attributes): XdsType | undefined {
  const value = text(attributes, ATTR_XDS_TYPE);
  return XDS_TYPES.find((type) => type === value);
}

function numberOf(point: MetricPoint): number {
  return point.value.kind === 'histogram' ? point.value.count : point.value.value;
}

function count(attributes: Attributes, name: string): number {
  const value = Number(attributes.get(name) ?? 0);
  return Number.isFinite(value) ? value : 0;
}

function text(attributes: Attributes | undefined, name: string): string | undefined {
  const value = attributes?.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
