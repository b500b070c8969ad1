import {
  SPAN_XDS_PUSH,
  SPAN_XDS_RELEASE,
  toPushes,
  toReleases,
} from '#analysis/control-plane/build-server-view.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import { buildReplayTimeline, type ReplayInput } from '#analysis/replay/build-replay-timeline.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { readCallEdgeSeconds } from '#store/call-edges/read-call-edges.ts';
import {
  readDnsSeconds,
  readServerViewAt,
  readServerViewChanges,
} from '#store/control-plane/read-control-plane.ts';
import { readXdsClientChanges, readXdsClientsAt } from '#store/control-plane/read-xds-clients.ts';
import { readServiceInstances } from '#store/services/read-services.ts';
import { readSpans } from '#store/spans/read-spans.ts';
import { secondOf, startOfSecond, type TimeWindow, unixSecond } from '#telemetry/time.ts';
import { database } from './database.ts';
import { loadIncident } from './load-incidents.ts';
import { now } from './now.ts';

const SECONDS_BEFORE = 60;
const SECONDS_AFTER = 30;
/** A day: what a browser can hold of it, and what an operator can bear. */
const MAX_FRAMES = 86_400;
const MAX_PUSH_SPANS = 2000;

/** Everything that a replay of the incident shows; undefined when there is no such incident. */
export async function loadReplay(incidentId: string): Promise<ReplayTimeline | undefined> {
  const incident = await loadIncident(incidentId);
  if (incident === undefined) return undefined;
  const window = replayWindow(incident);
  const { startUnixNano } = window;
  return buildReplayTimeline({
    startSecond: secondOf(startUnixNano),
    frames: secondOf(window.endUnixNano) - secondOf(startUnixNano),
    incidentStartUnixNano: incident.startUnixNano,
    events: incident.events,
    slowdowns: incident.slowdowns,
    ...(await readCalls(window)),
    ...(await readControl(window)),
  });
}

/** From a minute of calm before it to shortly after its end, or to the last closed second. */
function replayWindow(incident: Incident): TimeWindow {
  const start = secondOf(incident.startUnixNano) - SECONDS_BEFORE;
  const clock = secondOf(now());
  const after =
    incident.endUnixNano === undefined ? clock : secondOf(incident.endUnixNano) + SECONDS_AFTER;
  const end = Math.min(after, clock, start + MAX_FRAMES);
  return {
    startUnixNano: startOfSecond(unixSecond(start)),
    endUnixNano: startOfSecond(unixSecond(Math.max(start + 1, end))),
  };
}

async function readCalls(
  window: TimeWindow,
): Promise<Pick<ReplayInput, 'edgeSeconds' | 'instances'>> {
  const [edgeSeconds, instances] = await Promise.all([
    readCallEdgeSeconds(database(), window),
    readServiceInstances(database(), window),
  ]);
  return { edgeSeconds, instances };
}

async function readControl(
  window: TimeWindow,
): Promise<
  Pick<ReplayInput, 'clientChanges' | 'serverChanges' | 'dnsSeconds' | 'pushes' | 'releases'>
> {
  const db = database();
  const { startUnixNano } = window;
  const startSecond = secondOf(startUnixNano);
  const [clients, clientChanges, server, serverChanges, dnsSeconds, spans] = await Promise.all([
    readXdsClientsAt(db, startUnixNano),
    readXdsClientChanges(db, window),
    readServerViewAt(db, startUnixNano),
    readServerViewChanges(db, window),
    readDnsSeconds(db, window),
    readSpans(db, { window, names: [SPAN_XDS_PUSH, SPAN_XDS_RELEASE], limit: MAX_PUSH_SPANS }),
  ]);
  const before = clients.map((client) => ({ second: startSecond, client }));
  return {
    clientChanges: [...before, ...clientChanges],
    serverChanges:
      server === undefined ? serverChanges : [{ second: startSecond, server }, ...serverChanges],
    dnsSeconds,
    pushes: toPushes(spans),
    releases: toReleases(spans),
  };
}
