import { buildClientView, CLIENT_VIEW_METRICS } from '#analysis/control-plane/build-client-view.ts';
import { buildControlPlaneView } from '#analysis/control-plane/build-control-plane-view.ts';
import {
  buildServerView,
  SERVER_VIEW_METRICS,
  SPAN_XDS_PUSH,
  SPAN_XDS_RELEASE,
  toPushes,
  toReleases,
} from '#analysis/control-plane/build-server-view.ts';
import type { ControlPlaneView, ServerView } from '#analysis/control-plane/xds-client.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readServerViewAt } from '#store/control-plane/read-control-plane.ts';
import { readXdsClientsAt } from '#store/control-plane/read-xds-clients.ts';
import { readLatestMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import { readSpans } from '#store/spans/read-spans.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import type { Span } from '#telemetry/span.ts';
import { NS_PER_SECOND, startOfSecond, type UnixNano, unixSecond } from '#telemetry/time.ts';
import { database } from './database.ts';
import { lastSeconds, now } from './now.ts';

const METRIC_LOOKBACK_NS = 15 * NS_PER_SECOND;
const CALLS_SECONDS = 5;
export const PUSH_SECONDS = 600;
const MAX_PUSH_SPANS = 500;

/** Both views as they stood at an instant, now by default: computed from what the data plane reports. */
export async function loadControlPlane(atUnixNano: UnixNano = now()): Promise<ControlPlaneView> {
  return loadControlPlaneWith(await readPushSpans(atUnixNano), atUnixNano);
}

/** The spans of pushes and releases of the `seconds` before an instant; by default those that a view of it shows. */
export async function readPushSpans(
  atUnixNano: UnixNano,
  seconds: number = PUSH_SECONDS,
): Promise<readonly Span[]> {
  const server = await readServerViewAt(database(), atUnixNano);
  return readSpans(database(), {
    ...(server?.service === undefined ? {} : { service: server.service }),
    window: lastSeconds(seconds, atUnixNano),
    names: [SPAN_XDS_PUSH, SPAN_XDS_RELEASE],
    limit: MAX_PUSH_SPANS,
  });
}

/** The same with the spans of pushes at hand: they come seldom, and the live map asks often. */
export async function loadControlPlaneWith(
  pushSpans: readonly Span[],
  atUnixNano: UnixNano,
): Promise<ControlPlaneView> {
  const db = database();
  const [points, calls, judged, storedServer] = await Promise.all([
    readLatestMetricPoints(db, {
      names: [...CLIENT_VIEW_METRICS, ...SERVER_VIEW_METRICS],
      atUnixNano,
      lookbackNs: METRIC_LOOKBACK_NS,
    }),
    readCallEdges(db, lastSeconds(CALLS_SECONDS, atUnixNano)),
    readJudgedSecond(db),
    readServerViewAt(db, atUnixNano),
  ]);
  const judgedUnixNano = startOfSecond(unixSecond((judged ?? 0) + 1));
  const pushes = toPushes(pushSpans);
  return buildControlPlaneView({
    atUnixNano,
    server: serverAt(points, storedServer, atUnixNano),
    clients: buildClientView({
      atUnixNano,
      points,
      previous: await readXdsClientsAt(db, atUnixNano, judgedUnixNano),
      calls,
      pushes,
    }),
    pushes,
    releases: toReleases(pushSpans),
  });
}

/** One that has fallen silent longer ago than metrics are looked for is known from its stored last word. */
function serverAt(
  points: readonly MetricPoint[],
  stored: ServerView | undefined,
  atUnixNano: UnixNano,
): ServerView {
  const said = buildServerView({ atUnixNano, points });
  if (said.lastReportUnixNano !== undefined || stored === undefined) return said;
  const silentSince = stored.silentSinceUnixNano ?? stored.lastReportUnixNano;
  return silentSince === undefined ? stored : { ...stored, silentSinceUnixNano: silentSince };
}
