import {
  countCallsOf,
  type EdgeLatency,
  type LatencySecond,
  meanNs,
  sumLatency,
} from '#analysis/incident/edge-latency.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import { secondOf, type UnixSecond } from '#telemetry/time.ts';

/** From this share of the extra time on, what a service waits for explains it. */
const EXPLAINED = 0.5;

/**
 * The deepest service whose own time grew, going down from a slow edge: a service that waits for slow callees is not what
 * is slow. Extra time is summed over calls, not compared a call: requests of one service may need different callees.
 *
 *   gateway → song +720 ms × 3/s, playlist → song +0 × 8/s    2.2 s more in each second are spent waiting for song,
 *                                                              2.1 s of them for its 3/s to image at +700 ms: go on
 *                              image calls nobody: it is image
 */
export function originOf(
  edge: EdgeLatency,
  latencies: ReadonlyMap<string, EdgeLatency>,
  { startUnixNano }: Pick<Slowdown, 'startUnixNano'>,
): string {
  const since = secondOf(startUnixNano);
  const edges = [...latencies.values()].map((each) => ({ ...each, ns: extraNs(each, since) }));
  const seen = new Set([edge.client]);
  let { server } = edge;
  while (!seen.has(server)) {
    seen.add(server);
    const at = server;
    const spent = sumNs(edges.filter((each) => each.server === at));
    const waits = edges.filter((each) => each.client === at && each.server !== at && each.ns > 0);
    const longest = waits.toSorted((a, b) => b.ns - a.ns)[0];
    if (longest === undefined || sumNs(waits) < spent * EXPLAINED) return at;
    server = longest.server;
  }
  return server;
}

function sumNs(edges: readonly { readonly ns: number }[]): number {
  return edges.reduce((sum, { ns }) => sum + ns, 0);
}

/** How much longer all calls of an edge took since then than as many took before; never less than 0. */
function extraNs({ seconds }: EdgeLatency, since: UnixSecond): number {
  return Math.max(0, growthNs(seconds, since)) * countCallsOf(from(seconds, since));
}

function growthNs(seconds: readonly LatencySecond[], since: UnixSecond): number {
  const before = meanNs(sumLatency(seconds.filter(({ second }) => second < since)));
  const after = meanNs(sumLatency(from(seconds, since)));
  return before === undefined || after === undefined ? 0 : after - before;
}

function from(seconds: readonly LatencySecond[], since: UnixSecond): readonly LatencySecond[] {
  return seconds.filter(({ second }) => second >= since);
}
