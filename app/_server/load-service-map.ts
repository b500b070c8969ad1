import { buildDnsView, DNS_VIEW_METRICS } from '#analysis/control-plane/build-dns-view.ts';
import type { ControlPlaneView, DnsView } from '#analysis/control-plane/xds-client.ts';
import {
  buildServiceMap,
  type KnownEdge,
  type ServiceMapInput,
} from '#analysis/service-map/build-service-map.ts';
import { RUN_SECONDS } from '#analysis/service-map/judge-run.ts';
import { slowdownsIn } from '#analysis/service-map/mark-slow.ts';
import { LIVE_WINDOW_SECONDS, type ServiceMap } from '#analysis/service-map/service-map.ts';
import { usualModes } from '#analysis/service-map/usual-modes.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readIncidentsDuring, readOpenIncidents } from '#store/incidents/read-incidents.ts';
import { readMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { readServiceInstances, readServices } from '#store/services/read-services.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import {
  addNs,
  elapsedNs,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
} from '#telemetry/time.ts';
import { database } from './database.ts';
import { loadControlPlane } from './load-control-plane.ts';
import { lastSeconds, now } from './now.ts';

/** Edges and instances seen so lately keep their place on the map while they are silent. */
const KNOWN_SECONDS = 300;
/** The store is told of a living instance every few seconds. */
const INSTANCE_SECONDS = 10;
const USUAL_SECONDS = 3600;
const DNS_SECONDS = 10;
/** Telemetry so old is no longer "now": the live window then ends with the clock, and shows nothing. */
const STALE_AFTER_NS = 10 * NS_PER_SECOND;

/** What a map needs besides the calls of its window; it changes slowly. */
export interface MapSurroundings {
  readonly known: readonly KnownEdge[];
  readonly usual: ReadonlyMap<string, RoutingMode>;
}

export async function loadServiceMap(
  window: TimeWindow,
  withOwnServices = false,
): Promise<ServiceMap> {
  const [surroundings, controlPlane, run, incidents] = await Promise.all([
    loadSurroundings(window),
    loadControlPlane(window.endUnixNano),
    loadRun(window),
    readIncidentsDuring(database(), window),
  ]);
  const slowdowns = slowdownsIn(incidents, window);
  return loadMapWith(window, surroundings, controlPlane, { withOwnServices, run, slowdowns });
}

/** The newest seconds up to the end of a short window; the end of a long one is not what it is about. */
async function loadRun(window: TimeWindow): Promise<readonly CallEdgeSecond[]> {
  const lengthNs = elapsedNs(window.startUnixNano, window.endUnixNano);
  if (lengthNs > 2 * LIVE_WINDOW_SECONDS * NS_PER_SECOND) return [];
  return readCallEdgeSeconds(database(), runWindow(window));
}

export function runWindow({ endUnixNano }: TimeWindow): TimeWindow {
  return lastSeconds(RUN_SECONDS, endUnixNano);
}

/**
 * Whole seconds and the open one as far as it is filled: telemetry is under way for a moment, and a window up to the
 * clock would count that moment as silence.
 */
export function liveWindow(
  latest: UnixNano | undefined,
  seconds: number = LIVE_WINDOW_SECONDS,
): TimeWindow {
  const clock = now();
  const isStale = latest === undefined || elapsedNs(latest, clock) > STALE_AFTER_NS;
  const end = isStale || latest > clock ? clock : latest;
  const startUnixNano = addNs(startOfSecond(secondOf(end)), -seconds * NS_PER_SECOND);
  return { startUnixNano, endUnixNano: addNs(end, 1) };
}

export async function loadMapWith(
  window: TimeWindow,
  surroundings: MapSurroundings,
  controlPlane: ControlPlaneView,
  rest: Required<Pick<ServiceMapInput, 'withOwnServices' | 'run' | 'slowdowns'>>,
): Promise<ServiceMap> {
  const db = database();
  const [edges, services, instances, dns] = await Promise.all([
    readCallEdges(db, window),
    readServices(db, window),
    readServiceInstances(db, {
      ...window,
      startUnixNano: addNs(window.startUnixNano, -INSTANCE_SECONDS * NS_PER_SECOND),
    }),
    loadDns(window.endUnixNano),
  ]);
  return buildServiceMap({
    window,
    edges,
    services,
    instances,
    controlPlane,
    dns,
    ...surroundings,
    ...rest,
  });
}

export async function loadSurroundings(window: TimeWindow): Promise<MapSurroundings> {
  const db = database();
  const [known, usual] = await Promise.all([
    readCallEdges(db, lastSeconds(KNOWN_SECONDS, window.endUnixNano)),
    usualWindow(window).then((before) => readCallEdges(db, before)),
  ]);
  return { known, usual: usualModes(usual) };
}

/** The hour before; while something is wrong, the hour before that began. */
async function usualWindow(window: TimeWindow): Promise<TimeWindow> {
  const open = await readOpenIncidents(database());
  const starts = open.map((incident) => incident.startUnixNano);
  const end = [window.startUnixNano, ...starts].reduce((first, instant) =>
    instant < first ? instant : first,
  );
  return lastSeconds(USUAL_SECONDS, end);
}

async function loadDns(atUnixNano: UnixNano): Promise<DnsView | undefined> {
  const points = await readMetricPoints(database(), {
    names: DNS_VIEW_METRICS,
    window: lastSeconds(DNS_SECONDS, atUnixNano),
  });
  return buildDnsView(points);
}
