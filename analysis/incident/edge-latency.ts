import { edgeId } from '#analysis/service-map/edge-id.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import {
  addHistogram,
  bucketMidNs,
  emptyHistogram,
  LATENCY_BUCKETS,
  type LatencyHistogram,
} from '#telemetry/latency-histogram.ts';
import { isMesh, type RoutingMode } from '#telemetry/routing-mode.ts';
import type { UnixSecond } from '#telemetry/time.ts';

/** One second of calls that were found in one way and got answers. */
export type LatencySecond = Pick<CallEdgeSecond, 'second' | 'calls' | 'latency'>;

/** The calls of one edge by second, ascending, all found in the way that most of the newest were found in. */
export interface EdgeLatency {
  readonly client: string;
  readonly server: string;
  readonly seconds: readonly LatencySecond[];
}

/** An error comes sooner or later than an answer would: a second with more of them says nothing about latency. */
const FAILED_RATIO = 0.1;

/**
 * By `edgeId`; the newest are those from `recentFrom` on. Resolving a name takes time by right: calls found by DNS are
 * only ever compared with calls found by DNS.
 */
export function toEdgeLatencies(
  edges: readonly CallEdgeSecond[],
  recentFrom: UnixSecond,
): ReadonlyMap<string, EdgeLatency> {
  const groups = new Map<string, CallEdgeSecond[]>();
  for (const edge of edges) {
    if (isOwnService(edge.client) || isOwnService(edge.server)) continue;
    const id = edgeId(edge);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [edge]);
    else group.push(edge);
  }
  const latencies = new Map<string, EdgeLatency>();
  for (const [id, rows] of groups) {
    const seconds = wellSeconds(rows, recentFrom);
    const [first] = rows;
    if (first === undefined || seconds.length === 0) continue;
    latencies.set(id, { client: first.client, server: first.server, seconds });
  }
  return latencies;
}

function wellSeconds(
  rows: readonly CallEdgeSecond[],
  recentFrom: UnixSecond,
): readonly LatencySecond[] {
  const well = rows.filter(({ calls, errors }) => errors <= calls * FAILED_RATIO);
  const way = mainWay(well.filter(({ second }) => second >= recentFrom));
  const seconds = new Map<UnixSecond, LatencySecond>();
  for (const row of well) {
    if (way !== undefined && wayOf(row.mode) !== way) continue;
    const known = seconds.get(row.second);
    seconds.set(row.second, known === undefined ? row : merged(known, row));
  }
  return [...seconds.values()].sort((a, b) => a.second - b.second);
}

/** A second in which the configuration went stale has calls of both kinds. */
function merged(one: LatencySecond, other: LatencySecond): LatencySecond {
  return {
    second: one.second,
    calls: one.calls + other.calls,
    latency: sumLatency([one, other]),
  };
}

function mainWay(rows: readonly CallEdgeSecond[]): string | undefined {
  const calls = new Map<string, number>();
  for (const row of rows) {
    const way = wayOf(row.mode);
    calls.set(way, (calls.get(way) ?? 0) + row.calls);
  }
  return [...calls].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** A configuration from the cache routes as quickly as a live one. */
function wayOf(mode: RoutingMode): string {
  return isMesh(mode) ? 'mesh' : mode;
}

export function sumLatency(seconds: readonly LatencySecond[]): LatencyHistogram {
  const sum = emptyHistogram();
  for (const { latency } of seconds) addHistogram(sum, latency);
  return sum;
}

export function countCallsOf(seconds: readonly LatencySecond[]): number {
  return seconds.reduce((sum, { calls }) => sum + calls, 0);
}

/** Calls of a histogram that took longer than `limitNs`, to the bucket. */
export function countSlower(latency: LatencyHistogram, limitNs: number): number {
  let count = 0;
  for (let bucket = LATENCY_BUCKETS - 1; bucket >= 0; bucket--) {
    if (bucketMidNs(bucket) <= limitNs) break;
    count += latency[bucket] ?? 0;
  }
  return count;
}

/** Undefined when nothing was counted. */
export function meanNs(latency: LatencyHistogram): number | undefined {
  let calls = 0;
  let ns = 0;
  latency.forEach((count, bucket) => {
    calls += count;
    ns += count * bucketMidNs(bucket);
  });
  return calls === 0 ? undefined : ns / calls;
}
