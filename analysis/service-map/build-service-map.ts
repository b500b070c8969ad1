import type { ControlPlaneView, DnsView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import { countModes, mainMode, sumCalls } from '#analysis/service-map/count-modes.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { healthReason, judgeCalls, worseOf } from '#analysis/service-map/judge-calls.ts';
import { failsNow } from '#analysis/service-map/judge-run.ts';
import { markCached } from '#analysis/service-map/mark-cached.ts';
import { markSlow, markSlowNode } from '#analysis/service-map/mark-slow.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import type { ServiceEdge, ServiceMap, ServiceNode } from '#analysis/service-map/service-map.ts';
import {
  type CallEdge,
  type CallEdgeSecond,
  type PeerKind,
  type ServiceCalls,
  type ServiceInstance,
  USERS,
} from '#telemetry/call-edge.ts';
import {
  addHistogram,
  emptyHistogram,
  type LatencyHistogram,
  quantileNs,
} from '#telemetry/latency-histogram.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { elapsedNs, NS_PER_SECOND, type TimeWindow } from '#telemetry/time.ts';

/** An edge that the map keeps in its place while no call passes over it. */
export type KnownEdge = Pick<CallEdge, 'client' | 'server' | 'serverKind'>;

export interface ServiceMapInput {
  readonly window: TimeWindow;
  readonly edges: readonly CallEdge[];
  /**
   * The last `RUN_SECONDS` up to the end of a window that is short enough to mean now; any order. Without them health is
   * the window's mean alone.
   */
  readonly run?: readonly CallEdgeSecond[];
  readonly services: readonly ServiceCalls[];
  /** Taken to be running: seen inside the window or shortly before it. */
  readonly instances: readonly ServiceInstance[];
  readonly controlPlane: ControlPlaneView;
  readonly dns: DnsView | undefined;
  /** Drawn even when silent, so that nothing jumps; see `KnownEdge`. */
  readonly known?: readonly KnownEdge[];
  /** The usual mode of an edge by `edgeId`. */
  readonly usual?: ReadonlyMap<string, RoutingMode>;
  /** Of edges whose calls were slow within the window. */
  readonly slowdowns?: readonly Slowdown[];
  /** Detour's own processes are left out unless asked for. */
  readonly withOwnServices?: boolean;
}

export function buildServiceMap(input: ServiceMapInput): ServiceMap {
  const shown = input.withOwnServices === true ? () => true : (name: string) => !isOwnService(name);
  const calls = markCached(
    input.edges.filter((edge) => shown(edge.client) && shown(edge.server)),
    input.controlPlane.clients,
  );
  const known = (input.known ?? []).filter((edge) => shown(edge.client) && shown(edge.server));
  const services = input.services.filter((entry) => shown(entry.service));
  const seconds = elapsedNs(input.window.startUnixNano, input.window.endUnixNano) / NS_PER_SECOND;
  const { slowdowns = [] } = input;
  const run = (input.run ?? []).filter((edge) => shown(edge.client) && shown(edge.server));
  return {
    window: input.window,
    nodes: toNodes({ ...input, edges: calls, known, services, run }, seconds).map(
      markSlowNode(slowdowns),
    ),
    edges: toEdges(calls, known, seconds, input.usual ?? new Map())
      .map(withRun(run))
      .map(markSlow(slowdowns)),
    controlPlane: input.controlPlane,
    dns: input.dns,
    totals: countModes(calls.filter((edge) => edge.client !== USERS)),
  };
}

function withRun(run: readonly CallEdgeSecond[]): (edge: ServiceEdge) => ServiceEdge {
  const byEdge = groupBy(run, edgeId);
  return (edge) => ({ ...edge, health: worseOf(edge.health, failsNow(byEdge.get(edge.id) ?? [])) });
}

function toEdges(
  calls: readonly CallEdge[],
  known: readonly KnownEdge[],
  seconds: number,
  usual: ReadonlyMap<string, RoutingMode>,
): readonly ServiceEdge[] {
  const ids = new Set([...calls, ...known].map(edgeId));
  const byId = groupBy(calls, edgeId);
  const ends = new Map([...known, ...calls].map((edge) => [edgeId(edge), edge]));
  return [...ids].sort().flatMap((id) => {
    const end = ends.get(id);
    if (end === undefined) return [];
    return [toEdge(id, end, byId.get(id) ?? [], seconds, usual.get(id))];
  });
}

function toEdge(
  id: string,
  end: KnownEdge,
  parts: readonly CallEdge[],
  seconds: number,
  usual: RoutingMode | undefined,
): ServiceEdge {
  const { calls, errors } = sumCalls(parts);
  const byMode = countModes(parts);
  const now = mainMode(byMode);
  return {
    id,
    client: end.client,
    server: end.server,
    callsPerSecond: calls / seconds,
    calls,
    errors,
    errorRatio: calls === 0 ? 0 : errors / calls,
    ...quantiles(parts.map((part) => part.latency)),
    byMode,
    health: judgeCalls(calls, errors),
    ...(usual !== undefined && now !== undefined && usual !== now ? { usualMode: usual } : {}),
  };
}

type NodeInput = ServiceMapInput & {
  readonly known: readonly KnownEdge[];
  readonly run: readonly CallEdgeSecond[];
};

function toNodes(input: NodeInput, seconds: number): readonly ServiceNode[] {
  const kinds = nodeKinds(input);
  const incoming = groupBy(input.edges, (edge) => edge.server);
  const answered = new Map(input.services.map((entry) => [entry.service, entry]));
  const instances = groupBy(input.instances, (entry) => entry.service);
  const clients = groupBy(input.controlPlane.clients, (client) => client.service);
  const runs = groupBy(input.run, (edge) => edge.server);
  return [...kinds.keys()].sort().map((id) =>
    toNode({
      id,
      kind: kinds.get(id) ?? 'service',
      incoming: incoming.get(id) ?? [],
      answered: answered.get(id),
      instances: instances.get(id)?.length ?? 0,
      clients: clients.get(id) ?? [],
      failsNow: failsNow(runs.get(id) ?? []),
      seconds,
    }),
  );
}

/** A node for everything that calls, is called or answers. What was seen to answer is a service, whatever callers say. */
function nodeKinds(input: NodeInput): ReadonlyMap<string, ServiceNode['kind']> {
  const kinds = new Map<string, ServiceNode['kind']>();
  for (const edge of [...input.known, ...input.edges]) {
    if (!kinds.has(edge.server)) kinds.set(edge.server, edge.serverKind);
  }
  for (const edge of [...input.known, ...input.edges]) {
    kinds.set(edge.client, edge.client === USERS ? 'users' : 'service');
  }
  for (const entry of input.services) kinds.set(entry.service, 'service');
  return kinds;
}

interface NodeParts {
  readonly id: string;
  readonly kind: 'users' | PeerKind;
  readonly incoming: readonly CallEdge[];
  readonly answered: ServiceCalls | undefined;
  readonly instances: number;
  readonly clients: readonly XdsClient[];
  readonly failsNow: boolean;
  readonly seconds: number;
}

function toNode(parts: NodeParts): ServiceNode {
  const byCallers = sumCalls(parts.incoming);
  const byItself = { calls: parts.answered?.requests ?? 0, errors: parts.answered?.errors ?? 0 };
  // Callers know of calls that never arrived; a service alone knows of requests nobody reported.
  const seen = byCallers.calls > 0 ? byCallers : byItself;
  const latencies =
    byItself.calls > 0 && parts.answered !== undefined
      ? [parts.answered.latency]
      : parts.incoming.map((edge) => edge.latency);
  const incoming = countModes(parts.incoming);
  const byMean = judgeCalls(seen.calls, seen.errors);
  const health = worseOf(byMean, parts.failsNow);
  const isNews = health !== byMean;
  return {
    id: parts.id,
    name: parts.kind === 'users' ? 'users' : parts.id,
    kind: parts.kind,
    health,
    healthReason: isNews
      ? 'the newest calls fail'
      : healthReason(health, seen, byItself.calls, incoming),
    instances: parts.instances,
    requestsPerSecond: seen.calls / parts.seconds,
    errorRatio: seen.calls === 0 ? 0 : seen.errors / seen.calls,
    ...quantiles(latencies),
    incoming,
    clients: parts.clients.map(toNodeClient),
  };
}

function toNodeClient(client: XdsClient): ServiceNode['clients'][number] {
  const states = Object.values(client.types);
  const newest = states.reduce<(typeof states)[number] | undefined>(
    (best, state) =>
      best === undefined || state.changedUnixNano > best.changedUnixNano ? state : best,
    undefined,
  );
  if (newest === undefined) return { id: client.id, kind: client.kind, verdict: client.verdict };
  const version = newest.acked ?? newest.received;
  return {
    id: client.id,
    kind: client.kind,
    verdict: client.verdict,
    ...(version === undefined ? {} : { version }),
    configAgeNs: Math.max(0, elapsedNs(newest.changedUnixNano, client.lastReportUnixNano)),
  };
}

function quantiles(
  latencies: readonly LatencyHistogram[],
): Pick<ServiceEdge, 'p50Ns' | 'p95Ns' | 'p99Ns'> {
  const sum = emptyHistogram();
  for (const latency of latencies) addHistogram(sum, latency);
  const p50Ns = quantileNs(sum, 0.5);
  const p95Ns = quantileNs(sum, 0.95);
  const p99Ns = quantileNs(sum, 0.99);
  if (p50Ns === undefined || p95Ns === undefined || p99Ns === undefined) return {};
  return { p50Ns, p95Ns, p99Ns };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
