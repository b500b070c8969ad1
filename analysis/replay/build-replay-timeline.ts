import { isInTrouble } from '#analysis/control-plane/build-control-plane-view.ts';
import type {
  DnsView,
  Push,
  Release,
  ServerView,
  XdsClient,
} from '#analysis/control-plane/xds-client.ts';
import type { IncidentEvent } from '#analysis/incident/incident.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import { usualModes } from '#analysis/service-map/usual-modes.ts';
import type { CallEdgeSecond, ServiceInstance } from '#telemetry/call-edge.ts';
import { quantileNs } from '#telemetry/latency-histogram.ts';
import { secondOf, type UnixNano, type UnixSecond } from '#telemetry/time.ts';

const NS_PER_US = 1000;

export interface ReplayInput {
  readonly startSecond: UnixSecond;
  readonly frames: number;
  /** Frames before this one show what was usual. */
  readonly incidentStartUnixNano: UnixNano;
  /** Any order; seconds outside the replay are left out. */
  readonly edgeSeconds: readonly CallEdgeSecond[];
  readonly instances: readonly ServiceInstance[];
  /** Ascending; those before the start are the state at the start. */
  readonly clientChanges: readonly { readonly second: UnixSecond; readonly client: XdsClient }[];
  readonly serverChanges: readonly { readonly second: UnixSecond; readonly server: ServerView }[];
  /** Ascending. */
  readonly dnsSeconds: readonly { readonly second: UnixSecond; readonly dns: DnsView }[];
  readonly pushes: readonly Push[];
  readonly releases: readonly Release[];
  readonly slowdowns: readonly Slowdown[];
  readonly events: readonly IncidentEvent[];
}

/** Rows of the store into the columns of a replay. */
export function buildReplayTimeline(input: ReplayInput): ReplayTimeline {
  const { startSecond, frames } = input;
  const frameOf = (second: number): number => second - startSecond;
  const clamp = (second: number): number => Math.max(0, Math.min(frameOf(second), frames - 1));
  const shown = input.edgeSeconds.filter(
    (edge) =>
      frameOf(edge.second) >= 0 &&
      frameOf(edge.second) < frames &&
      !isOwnService(edge.client) &&
      !isOwnService(edge.server),
  );
  const incidentSecond = secondOf(input.incidentStartUnixNano);
  const before = shown.filter((edge) => edge.second < incidentSecond);
  const clientStates = input.clientChanges
    .filter(({ second }) => frameOf(second) < frames)
    .map(({ second, client }) => ({ frame: clamp(second), client }));
  const serverStates = input.serverChanges
    .filter(({ second }) => frameOf(second) < frames)
    .map(({ second, server }) => ({ frame: clamp(second), server }));
  return {
    startSecond,
    frames,
    ...edgeColumns(shown, frames, frameOf),
    services: countInstances(input.instances),
    clientStates,
    serverStates,
    serverSays: fillFrames(serverStates, frames, serverWord),
    ...countClients(clientStates, frames),
    dns: dnsColumns(
      input.dnsSeconds.filter(({ second }) => frameOf(second) >= 0 && frameOf(second) < frames),
      frameOf,
    ),
    pushes: input.pushes,
    releases: input.releases,
    usualModes: [...usualModes(before)].map(([edge, mode]) => ({ edge, mode })),
    slowdowns: input.slowdowns,
    events: input.events.map((event) => ({ ...event, frame: clamp(secondOf(event.unixNano)) })),
  };
}

function edgeColumns(
  rows: readonly CallEdgeSecond[],
  frames: number,
  frameOf: (second: number) => number,
): Pick<ReplayTimeline, 'edges' | 'calls' | 'errors' | 'p95Us'> {
  const keyOf = (edge: CallEdgeSecond): string => `${edgeId(edge)}\n${edge.mode}`;
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const keys = [...byKey.keys()].sort();
  const indexOf = new Map(keys.map((key, index) => [key, index]));
  const empty = (): number[] => new Array<number>(keys.length * frames).fill(0);
  const [calls, errors, p95Us] = [empty(), empty(), empty()];
  for (const row of rows) {
    const at = (indexOf.get(keyOf(row)) ?? 0) * frames + frameOf(row.second);
    calls[at] = (calls[at] ?? 0) + row.calls;
    errors[at] = (errors[at] ?? 0) + row.errors;
    p95Us[at] = Math.round((quantileNs(row.latency, 0.95) ?? 0) / NS_PER_US);
  }
  const edges = keys.flatMap((key) => {
    const row = byKey.get(key);
    if (row === undefined) return [];
    return [{ client: row.client, server: row.server, serverKind: row.serverKind, mode: row.mode }];
  });
  return { edges, calls, errors, p95Us };
}

function countInstances(instances: readonly ServiceInstance[]): ReplayTimeline['services'] {
  const counts = new Map<string, number>();
  for (const { service } of instances) {
    if (!isOwnService(service)) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return [...counts].sort().map(([service, count]) => ({ service, instances: count }));
}

function countClients(
  states: ReplayTimeline['clientStates'],
  frames: number,
): Pick<ReplayTimeline, 'clientsInTrouble' | 'clientsSeen'> {
  const held = new Map<string, XdsClient>();
  const clientsInTrouble: number[] = [];
  const clientsSeen: number[] = [];
  let next = 0;
  for (let frame = 0; frame < frames; frame++) {
    for (let state = states[next]; state !== undefined && state.frame <= frame; ) {
      held.set(state.client.id, state.client);
      state = states[++next];
    }
    clientsSeen.push(held.size);
    clientsInTrouble.push([...held.values()].filter(isInTrouble).length);
  }
  return { clientsInTrouble, clientsSeen };
}

function fillFrames(
  states: ReplayTimeline['serverStates'],
  frames: number,
  wordOf: (server: ServerView, before: ServerView | undefined) => number,
): readonly number[] {
  const words = new Array<number>(frames).fill(0);
  states.forEach((state, index) => {
    const until = states[index + 1]?.frame ?? frames;
    words.fill(wordOf(state.server, states[index - 1]?.server), state.frame, until);
  });
  return words;
}

/** 1 says healthy, 2 says trouble (it was refused something), 3 silent. */
function serverWord(server: ServerView, before: ServerView | undefined): number {
  if (server.silentSinceUnixNano !== undefined) return 3;
  return before !== undefined && server.nacks > before.nacks ? 2 : 1;
}

function dnsColumns(
  seconds: ReplayInput['dnsSeconds'],
  frameOf: (second: number) => number,
): ReplayTimeline['dns'] {
  return {
    frame: seconds.map(({ second }) => frameOf(second)),
    service: seconds.map(({ dns }) => dns.service),
    names: seconds.map(({ dns }) => dns.names),
    queriesPerSecond: seconds.map(({ dns }) => dns.queriesPerSecond),
    failuresPerSecond: seconds.map(({ dns }) => dns.failuresPerSecond),
  };
}
