import { buildControlPlaneView } from '#analysis/control-plane/build-control-plane-view.ts';
import type { ControlPlaneView, DnsView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { buildServiceMap } from '#analysis/service-map/build-service-map.ts';
import { RUN_SECONDS } from '#analysis/service-map/judge-run.ts';
import { slowdownsIn } from '#analysis/service-map/mark-slow.ts';
import { LIVE_WINDOW_SECONDS, type ServiceMap } from '#analysis/service-map/service-map.ts';
import type { CallEdge, CallEdgeSecond } from '#telemetry/call-edge.ts';
import { bucketOf, emptyHistogram } from '#telemetry/latency-histogram.ts';
import { startOfSecond, type UnixNano, unixNano, unixSecond } from '#telemetry/time.ts';

const NS_PER_US = 1000;
const NO_LATENCY = emptyHistogram();

/** The instant at which a frame begins. */
export function frameStart(timeline: ReplayTimeline, frame: number): UnixNano {
  return startOfSecond(unixSecond(timeline.startSecond + frame));
}

/** The frame that shows `instant`; the first or the last when it lies outside. */
export function frameAt(timeline: ReplayTimeline, instant: UnixNano): number {
  const second = Number(instant / 1_000_000_000n);
  return Math.max(0, Math.min(second - timeline.startSecond, timeline.frames - 1));
}

/**
 * The map as it stood at the end of `frame`: what the live map showed then, over the same few seconds. Edges of the whole
 * replay are in it, silent ones without calls, so that a layout made from any frame serves all.
 * The timeline keeps one quantile: p50 and p99 are left out.
 */
export function mapAtFrame(timeline: ReplayTimeline, frame: number): ServiceMap {
  const first = Math.max(0, frame - LIVE_WINDOW_SECONDS + 1);
  const end = frameStart(timeline, frame + 1);
  const window = { startUnixNano: frameStart(timeline, first), endUnixNano: end };
  const map = buildServiceMap({
    window,
    slowdowns: slowdownsIn([timeline], window),
    edges: edgesBetween(timeline, first, frame),
    run: secondsBetween(timeline, Math.max(0, frame - RUN_SECONDS + 1), frame),
    services: [],
    instances: instancesAt(timeline, frame),
    controlPlane: controlPlaneAt(timeline, frame),
    dns: dnsAt(timeline, frame),
    known: timeline.edges,
    usual: new Map(timeline.usualModes.map(({ edge, mode }) => [edge, mode])),
  });
  return { ...map, nodes: map.nodes.map(onlyP95), edges: map.edges.map(onlyP95) };
}

/** Client states, the control plane's word and its pushes as they stood at the end of `frame`. */
function controlPlaneAt(timeline: ReplayTimeline, frame: number): ControlPlaneView {
  const atUnixNano = frameStart(timeline, frame + 1);
  const said = timeline.serverStates.findLast((state) => state.frame <= frame)?.server;
  const server =
    said === undefined || said.silentSinceUnixNano !== undefined
      ? (said ?? { resources: {}, acks: 0, nacks: 0 })
      : { ...said, lastReportUnixNano: unixNano(atUnixNano - 1n) };
  return buildControlPlaneView({
    atUnixNano,
    server,
    clients: clientsAt(timeline, frame, atUnixNano),
    pushes: timeline.pushes.filter((push) => push.unixNano < atUnixNano),
    releases: timeline.releases.filter((release) => release.unixNano < atUnixNano),
  });
}

/** A state is kept only when it changes: one that is not silent has reported ever since. */
function clientsAt(
  timeline: ReplayTimeline,
  frame: number,
  atUnixNano: UnixNano,
): readonly XdsClient[] {
  const held = new Map<string, XdsClient>();
  for (const state of timeline.clientStates) {
    if (state.frame > frame) break;
    held.set(state.client.id, state.client);
  }
  return [...held.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((client) =>
      client.isSilent ? client : { ...client, lastReportUnixNano: unixNano(atUnixNano - 1n) },
    );
}

function edgesBetween(timeline: ReplayTimeline, first: number, last: number): readonly CallEdge[] {
  return timeline.edges.flatMap((edge, index) => {
    const latency = emptyHistogram();
    let calls = 0;
    let errors = 0;
    for (let frame = first; frame <= last; frame++) {
      const at = index * timeline.frames + frame;
      const count = timeline.calls[at] ?? 0;
      const bucket = bucketOf((timeline.p95Us[at] ?? 0) * NS_PER_US);
      calls += count;
      errors += timeline.errors[at] ?? 0;
      latency[bucket] = (latency[bucket] ?? 0) + count;
    }
    return calls === 0 ? [] : [{ ...edge, calls, errors, latency }];
  });
}

/** Without latencies: a run is judged by its failures. */
function secondsBetween(
  timeline: ReplayTimeline,
  first: number,
  last: number,
): readonly CallEdgeSecond[] {
  const rows: CallEdgeSecond[] = [];
  timeline.edges.forEach((edge, index) => {
    for (let frame = first; frame <= last; frame++) {
      const at = index * timeline.frames + frame;
      const calls = timeline.calls[at] ?? 0;
      if (calls === 0) continue;
      const second = unixSecond(timeline.startSecond + frame);
      rows.push({ ...edge, second, calls, errors: timeline.errors[at] ?? 0, latency: NO_LATENCY });
    }
  });
  return rows;
}

function instancesAt(
  timeline: ReplayTimeline,
  frame: number,
): Parameters<typeof buildServiceMap>[0]['instances'] {
  const second = unixSecond(timeline.startSecond + frame);
  return timeline.services.flatMap(({ service, instances }) =>
    Array.from({ length: instances }, (_, index) => ({
      service,
      instance: String(index),
      firstSecond: second,
      lastSecond: second,
    })),
  );
}

/** What was last reported by then, which may be a while ago: the map says when the servers fell silent. */
function dnsAt(timeline: ReplayTimeline, frame: number): DnsView | undefined {
  const { dns } = timeline;
  const i = dns.frame.findLastIndex((reported) => reported <= frame);
  const service = dns.service[i];
  if (service === undefined) return undefined;
  return {
    service,
    names: dns.names[i] ?? 0,
    queriesPerSecond: dns.queriesPerSecond[i] ?? 0,
    failuresPerSecond: dns.failuresPerSecond[i] ?? 0,
    lastReportUnixNano: frameStart(timeline, dns.frame[i] ?? 0),
  };
}

function onlyP95<T extends { readonly p50Ns?: number; readonly p99Ns?: number }>(
  item: T,
): Omit<T, 'p50Ns' | 'p99Ns'> {
  const { p50Ns, p99Ns, ...rest } = item;
  return rest;
}
