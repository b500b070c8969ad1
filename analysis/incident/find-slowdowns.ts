import {
  countCallsOf,
  countSlower,
  type EdgeLatency,
  type LatencySecond,
  sumLatency,
  toEdgeLatencies,
} from '#analysis/incident/edge-latency.ts';
import { originOf } from '#analysis/incident/slow-origin.ts';
import type { LatencyQuantiles, Slowdown } from '#analysis/incident/slowdown.ts';
import {
  type ScanRules,
  type Split,
  scanBinomial,
  type Tally,
} from '#analysis/routing/binomial-scan.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { type LatencyHistogram, quantileNs } from '#telemetry/latency-histogram.ts';
import {
  endOfSecond,
  NS_PER_MS,
  secondOf,
  startOfSecond,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';

/** "Now": long enough for an edge of one call a second. */
const RECENT_SECONDS = 5;
/** Slow calls in so many different seconds: a pause of one process is no slowdown. */
const PERSISTENCE_SECONDS = 4;
/** What nearly all calls take, by which the rest is measured. */
const USUAL_QUANTILE = 0.95;
/** A call is slow from twice the usual on… */
const SLOW_FACTOR = 2;
/** …and a tenth of a second: less is not felt by who waits for it (Miller 1968; Card, Robertson & Mackinlay 1991). */
const LEAST_EXTRA_NS = 100 * NS_PER_MS;
/** The usual is not known from less. */
const USUAL_CALLS = 20;
const USUAL_SECONDS = 10;
/** Nats; every split of every edge is tried each second. Four slow calls after a hundred quick ones gain 16. */
const ALARM_GAIN = 12;
/** Of the calls of an edge: one of two instances that becomes slow is half of them. */
const SLOW_SHARE = 0.4;
const RULES: ScanRules = {
  direction: 'rise',
  minTrialsBefore: USUAL_CALLS,
  minTrialsAfter: 4,
  minChange: SLOW_SHARE,
};
/** A slow edge goes on being slow while this share of its calls is. */
const STILL_SLOW_SHARE = 0.25;
const END_RULES: ScanRules = {
  direction: 'fall',
  minTrialsBefore: 1,
  minTrialsAfter: 1,
  minChange: STILL_SLOW_SHARE,
};

/**
 * Edges whose calls are slow at the end of `second`, and those of `known` that lasted until then, with their end where it
 * has come. The usual is the older half of what is at hand, so that the news do not belong to it:
 *
 *   calls slower than the limit, by second   ......................|::::|||||||||
 *                                            ╰── the usual ──╯     since       second
 *
 * `edges` are those of the last `FAILURE_WINDOW_SECONDS`, any order.
 */
export function findSlowdowns(
  edges: readonly CallEdgeSecond[],
  second: UnixSecond,
  known: readonly Slowdown[],
): readonly Slowdown[] {
  const recentFrom = unixSecond(second - RECENT_SECONDS + 1);
  const over = known.filter(({ endUnixNano }) => endUnixNano !== undefined);
  const open = known.filter(({ endUnixNano }) => endUnixNano === undefined);
  const told = new Set(open.map(edgeId));
  const looked = new Set([...told, ...slowLately(edges, recentFrom)]);
  // Most of the time no edge is slow: nothing is summed then.
  if (looked.size === 0) return known;
  const past = edges.filter((edge) => edge.second <= second);
  const own = toEdgeLatencies(
    past.filter((edge) => looked.has(edgeId(edge))),
    recentFrom,
  );
  const followed = open.map((slowdown) => follow(slowdown, own.get(edgeId(slowdown)), second));
  const found = [...own].flatMap(([id, edge]) => {
    const slowdown = told.has(id) ? undefined : becameSlow(withoutSlow(edge, over), recentFrom);
    return slowdown === undefined ? [] : [{ edge, slowdown }];
  });
  const before = [...over, ...followed];
  if (found.length === 0) return before;
  const all = toEdgeLatencies(past, recentFrom);
  return [
    ...before,
    ...found.map(({ edge, slowdown }) => ({ ...slowdown, origin: originOf(edge, all, slowdown) })),
  ];
}

/** Ids of edges that may be slow: of the newest calls of each, a good part took longer than any limit is. */
function slowLately(edges: readonly CallEdgeSecond[], recentFrom: UnixSecond): readonly string[] {
  const sums = new Map<string, { calls: number; slower: number }>();
  for (const edge of edges) {
    if (edge.second < recentFrom) continue;
    const sum = sums.get(edgeId(edge)) ?? { calls: 0, slower: 0 };
    sum.calls += edge.calls;
    sum.slower += countSlower(edge.latency, LEAST_EXTRA_NS);
    sums.set(edgeId(edge), sum);
  }
  return [...sums]
    .filter(([, { calls, slower }]) => slower > 0 && slower >= calls * SLOW_SHARE)
    .map(([id]) => id);
}

/** What was slow before and has ended is no measure of what is usual, and is told already. */
function withoutSlow(edge: EdgeLatency, over: readonly Slowdown[]): EdgeLatency {
  const own = over.filter((slowdown) => edgeId(slowdown) === edgeId(edge));
  if (own.length === 0) return edge;
  const isTold = ({ second }: LatencySecond) =>
    own.some(({ startUnixNano, endUnixNano = startUnixNano }) => {
      const at = startOfSecond(second);
      return at >= startUnixNano && at < endUnixNano;
    });
  return { ...edge, seconds: edge.seconds.filter((entry) => !isTold(entry)) };
}

function becameSlow(
  edge: EdgeLatency,
  recentFrom: UnixSecond,
): Omit<Slowdown, 'origin'> | undefined {
  const recent = edge.seconds.filter(({ second }) => second >= recentFrom);
  const usual = usualOf(edge.seconds);
  const limitNs = usual && limitOf(usual);
  if (usual === undefined || limitNs === undefined || !isMostlySlower(recent, limitNs)) {
    return undefined;
  }
  const tallies = toTallies(edge.seconds, limitNs);
  const split = scanBinomial(tallies, RULES);
  if (split === undefined || split.gain < ALARM_GAIN) return undefined;
  const slow = tallies.slice(split.index).filter(({ hits }) => hits > 0);
  if (slow.length < PERSISTENCE_SECONDS) return undefined;
  const since = firstSlowNear(tallies, split);
  const before = quantilesOf(usual);
  const during = quantilesOf(sumLatency(edge.seconds.filter(({ second }) => second >= since)));
  if (before === undefined || during === undefined) return undefined;
  const { client, server } = edge;
  return { client, server, startUnixNano: startOfSecond(since), limitNs, before, during };
}

function isMostlySlower(seconds: readonly LatencySecond[], limitNs: number): boolean {
  const slower = countSlower(sumLatency(seconds), limitNs);
  return slower > 0 && slower >= countCallsOf(seconds) * SLOW_SHARE;
}

/** Undefined while too little is known. */
function usualOf(seconds: readonly LatencySecond[]): LatencyHistogram | undefined {
  const [first, last] = [seconds[0]?.second ?? 0, seconds.at(-1)?.second ?? 0];
  const older = seconds.filter(({ second }) => second < (first + last) / 2);
  if (older.length < USUAL_SECONDS || countCallsOf(older) < USUAL_CALLS) return undefined;
  return sumLatency(older);
}

function limitOf(usual: LatencyHistogram): number | undefined {
  const usualNs = quantileNs(usual, USUAL_QUANTILE);
  return usualNs && Math.max(usualNs * SLOW_FACTOR, usualNs + LEAST_EXTRA_NS);
}

/** The first of the slow calls that lead up to the split, as far back as it may lie: a second may be half quick. */
function firstSlowNear(
  tallies: readonly (Tally & { readonly second: UnixSecond })[],
  split: Split,
): UnixSecond {
  let first = split.index;
  while (first > split.fromIndex && (tallies[first - 1]?.hits ?? 0) > 0) first--;
  return tallies[first]?.second ?? unixSecond(0);
}

/** With what was seen of it since; ended when its calls are quick again, or nobody calls any more. */
function follow(slowdown: Slowdown, edge: EdgeLatency | undefined, second: UnixSecond): Slowdown {
  const since = secondOf(slowdown.startUnixNano);
  const seconds = edge?.seconds.filter((entry) => entry.second >= since) ?? [];
  const recent = seconds.filter((entry) => entry.second > second - RECENT_SECONDS);
  const during = quantilesOf(sumLatency(seconds.filter(isSlowSecond(slowdown)))) ?? slowdown.during;
  const slower = countSlower(sumLatency(recent), slowdown.limitNs);
  // Without an answered call nothing is known: they may all fail now.
  const lasts = recent.length === 0 || slower >= countCallsOf(recent) * STILL_SLOW_SHARE;
  if (edge !== undefined && lasts) return { ...slowdown, during };
  return { ...slowdown, during, endUnixNano: endOfSecond(lastSlowSecond(seconds, slowdown)) };
}

/** Where the share of slow calls fell, most likely: a straggler afterwards does not make it longer. */
function lastSlowSecond(seconds: readonly LatencySecond[], slowdown: Slowdown): UnixSecond {
  const tallies = toTallies(seconds, slowdown.limitNs);
  const fall = scanBinomial(tallies, END_RULES);
  const last = fall === undefined ? undefined : tallies[fall.index - 1];
  const lastSlow = tallies.findLast(({ hits }) => hits > 0);
  return (last ?? lastSlow)?.second ?? secondOf(slowdown.startUnixNano);
}

function toTallies(
  seconds: readonly LatencySecond[],
  limitNs: number,
): readonly (Tally & { readonly second: UnixSecond })[] {
  return seconds.map(({ second, calls, latency }) => ({
    second,
    trials: calls,
    hits: Math.min(calls, countSlower(latency, limitNs)),
  }));
}

function isSlowSecond({ limitNs }: Slowdown): (second: LatencySecond) => boolean {
  return ({ calls, latency }) => countSlower(latency, limitNs) >= calls * STILL_SLOW_SHARE;
}

function quantilesOf(latency: LatencyHistogram): LatencyQuantiles | undefined {
  const p50Ns = quantileNs(latency, 0.5);
  const p99Ns = quantileNs(latency, 0.99);
  return p50Ns === undefined || p99Ns === undefined ? undefined : { p50Ns, p99Ns };
}
