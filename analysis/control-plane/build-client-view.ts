import { type ClientFacts, judgeClient } from '#analysis/control-plane/judge-client.ts';
import {
  knownOfPresentProcess,
  readProcessStarts,
  wordsOfPresentProcess,
} from '#analysis/control-plane/present-process.ts';
import {
  ENVOY_CLIENT_METRICS,
  readEnvoyClients,
} from '#analysis/control-plane/read-envoy-clients.ts';
import type { Push, XdsClient, XdsTypeState } from '#analysis/control-plane/xds-client.ts';
import { xdsClientId } from '#analysis/control-plane/xds-client-id.ts';
import {
  ATTR_GRPC_TARGET,
  ATTR_XDS_CLIENT_KIND,
  ATTR_XDS_REJECT_REASON,
  ATTR_XDS_RESOURCES,
  ATTR_XDS_RESOURCES_EMPTY,
  ATTR_XDS_RESOURCES_MISSING,
  ATTR_XDS_SERVER,
  ATTR_XDS_TYPE,
  ATTR_XDS_VERSION_ACKED,
  ATTR_XDS_VERSION_RECEIVED,
  ATTR_XDS_VERSION_REJECTED,
} from '#telemetry/attributes.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import {
  METRIC_ENVOY_UPDATE_ATTEMPT,
  METRIC_XDS_CLIENT_CONFIG_AGE,
  METRIC_XDS_CLIENT_CONNECTED,
  METRIC_XDS_CLIENT_SERVER_FAILURE,
  METRIC_XDS_CLIENT_UPDATES_INVALID,
  METRIC_XDS_CLIENT_UPDATES_VALID,
} from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import type { Attributes } from '#telemetry/span.ts';
import { addNs, elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** In which clients say what they hold. */
const REPORT_METRICS: readonly string[] = [
  METRIC_XDS_CLIENT_CONNECTED,
  METRIC_XDS_CLIENT_CONFIG_AGE,
];

/** The metrics that `buildClientView` reads; the counters tell a process from the one before it. */
export const CLIENT_VIEW_METRICS: readonly string[] = [
  ...REPORT_METRICS,
  ...ENVOY_CLIENT_METRICS,
  ...Object.values(METRIC_ENVOY_UPDATE_ATTEMPT),
  METRIC_XDS_CLIENT_SERVER_FAILURE,
  METRIC_XDS_CLIENT_UPDATES_VALID,
  METRIC_XDS_CLIENT_UPDATES_INVALID,
];

/** A client that has said nothing for so long is gone, not silent. */
const FORGET_AFTER_NS = 15 * 60 * NS_PER_SECOND;

export interface ClientViewInput {
  readonly atUnixNano: UnixNano;
  /** Points of `CLIENT_VIEW_METRICS` up to `atUnixNano`, any order; older points of a series do no harm. */
  readonly points: readonly MetricPoint[];
  /** What was known before: a silent client keeps it. */
  readonly previous: readonly XdsClient[];
  /** The last few seconds of calls. */
  readonly calls: readonly CallEdge[];
  /** Newest first. */
  readonly pushes: readonly Push[];
}

/** What the data plane says of itself: one entry per xDS client ever heard of, by id, silent ones with their last word. */
export function buildClientView(input: ClientViewInput): readonly XdsClient[] {
  const said = input.points.filter((point) => point.unixNano <= input.atUnixNano);
  const starts = readProcessStarts(said);
  const points = wordsOfPresentProcess(said, starts);
  const ofEnvoys = points.filter(({ name }) => ENVOY_CLIENT_METRICS.includes(name));
  const ofOthers = points.filter(({ name }) => REPORT_METRICS.includes(name));
  const previous = knownOfPresentProcess(input.previous, [...ofEnvoys, ...ofOthers], starts);
  const envoys = new Map(
    readEnvoyClients({ ...input, points: ofEnvoys, previous }).map((client) => [client.id, client]),
  );
  const reports = latestReports(ofOthers);
  const ids = [...new Set([...previous.keys(), ...reports.keys(), ...envoys.keys()])].sort();
  const known = ids.flatMap((id) => {
    const client = newer(envoys.get(id), mergeReport(reports.get(id), previous.get(id)));
    const isGone =
      client !== undefined &&
      elapsedNs(client.lastReportUnixNano, input.atUnixNano) > FORGET_AFTER_NS;
    return client === undefined || isGone ? [] : [client];
  });
  return known.map((client) =>
    judgeClient(client, {
      atUnixNano: input.atUnixNano,
      previous: previous.get(client.id),
      siblings: known.filter((other) => other.service === client.service && other !== client),
      calls: input.calls.filter((edge) => edge.client === client.service),
      pushes: input.pushes.filter((push) => push.client === client.id),
    }),
  );
}

/** A replaced proxy of another kind may have left its last word under the same id. */
function newer(
  envoy: ClientFacts | undefined,
  other: ClientFacts | undefined,
): ClientFacts | undefined {
  if (envoy === undefined || other === undefined) return envoy ?? other;
  return envoy.lastReportUnixNano >= other.lastReportUnixNano ? envoy : other;
}

interface Report {
  readonly id: string;
  readonly connected?: MetricPoint;
  readonly types: ReadonlyMap<XdsType, MetricPoint>;
}

/** The newest point of each question: a changed version starts a new series, so the newest series speaks. */
function latestReports(points: readonly MetricPoint[]): ReadonlyMap<string, Report> {
  const reports = new Map<string, Report>();
  const ascending = [...points]
    // Some SDKs go on exporting what a gauge once said beside what it says now: the younger content is the present one.
    .sort((a, b) => elapsedNs(b.unixNano, a.unixNano) || numberOf(b) - numberOf(a));
  for (const point of ascending) {
    const id = xdsClientId(point);
    const report = reports.get(id) ?? { id, types: new Map() };
    reports.set(id, addToReport(report, point));
  }
  return reports;
}

function addToReport(report: Report, point: MetricPoint): Report {
  if (point.name === METRIC_XDS_CLIENT_CONNECTED) return { ...report, connected: point };
  const type = XDS_TYPES.find((known) => known === text(point.attributes, ATTR_XDS_TYPE));
  if (point.name !== METRIC_XDS_CLIENT_CONFIG_AGE || type === undefined) return report;
  return { ...report, types: new Map(report.types).set(type, point) };
}

function mergeReport(
  report: Report | undefined,
  previous: XdsClient | undefined,
): ClientFacts | undefined {
  const points = [...(report?.types.values() ?? [])];
  if (report?.connected !== undefined) points.push(report.connected);
  const newest = points.reduce<MetricPoint | undefined>(
    (best, point) => (best === undefined || point.unixNano > best.unixNano ? point : best),
    undefined,
  );
  if (report === undefined || newest === undefined) return previous;
  if (previous !== undefined && newest.unixNano < previous.lastReportUnixNano) return previous;
  const connection = connectionOf(report, newest, previous);
  const target = text(newest.attributes, ATTR_GRPC_TARGET) ?? previous?.target;
  return {
    id: report.id,
    service: newest.service,
    kind: kindOf(text(newest.attributes, ATTR_XDS_CLIENT_KIND)),
    server: text(newest.attributes, ATTR_XDS_SERVER) ?? previous?.server ?? '',
    ...(target === undefined ? {} : { target }),
    ...connection,
    types: { ...previous?.types, ...typesOf(report) },
    lastReportUnixNano: newest.unixNano,
  };
}

function connectionOf(
  report: Report,
  newest: MetricPoint,
  previous: XdsClient | undefined,
): Pick<XdsClient, 'connected' | 'connectedSinceUnixNano'> {
  const connected =
    report.connected === undefined
      ? (previous?.connected ?? false)
      : numberOf(report.connected) > 0;
  const since =
    previous?.connected === connected
      ? previous.connectedSinceUnixNano
      : (report.connected ?? newest).unixNano;
  return { connected, connectedSinceUnixNano: since };
}

function typesOf(report: Report): XdsClient['types'] {
  return Object.fromEntries([...report.types].map(([type, point]) => [type, typeState(point)]));
}

function typeState(point: MetricPoint): XdsTypeState {
  const of = (name: string): string | undefined => text(point.attributes, name);
  const received = of(ATTR_XDS_VERSION_RECEIVED);
  const acked = of(ATTR_XDS_VERSION_ACKED);
  const rejected = of(ATTR_XDS_VERSION_REJECTED);
  const rejectReason = of(ATTR_XDS_REJECT_REASON);
  return {
    ...(received === undefined ? {} : { received }),
    ...(acked === undefined ? {} : { acked }),
    ...(rejected === undefined ? {} : { rejected }),
    ...(rejectReason === undefined ? {} : { rejectReason }),
    resources: Number(point.attributes.get(ATTR_XDS_RESOURCES) ?? 0),
    missing: namesIn(of(ATTR_XDS_RESOURCES_MISSING)),
    ...(point.attributes.has(ATTR_XDS_RESOURCES_EMPTY) && {
      empty: namesIn(of(ATTR_XDS_RESOURCES_EMPTY)),
    }),
    changedUnixNano: addNs(point.unixNano, -numberOf(point) * NS_PER_SECOND),
  };
}

function namesIn(list = ''): readonly string[] {
  return list.split(',').filter((name) => name !== '');
}

function kindOf(value: string | undefined): XdsClient['kind'] {
  return value === 'sidecar' || value === 'grpc' || value === 'envoy' ? value : 'other';
}

function numberOf(point: MetricPoint): number {
  return point.value.kind === 'histogram' ? point.value.sum : point.value.value;
}

/** undefined for an absent or empty attribute: exporters write '' where there is nothing to say. */
function text(attributes: Attributes, name: string): string | undefined {
  const value = attributes.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
