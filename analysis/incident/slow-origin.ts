import {
  countCallsOf,
  type EdgeLatency,
  type LatencySecond,
  meanNs,
  sumLatency,
} from '#analysis/incident/edge-latency.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import { secondOf, type UnixSecond } from '#telemetry/time.ts';

/** From this share of the growth on, what a service waits for explains it. */
const EXPLAINED = 0.5;

/**
 * The deepest service whose own time grew, going down from a slow edge: a service that waits for slow callees is not what
 * is slow. The growth of means is compared, since means add up along the calls that a request makes:
 *
 *   gateway → song +720 ms     song makes 1 call a request to artist +15 ms, 1 to image +700 ms: go on with image
 *                              image calls nobody: it is image
 */
export function originOf(
  edge: EdgeLatency,
  latencies: ReadonlyMap<string, EdgeLatency>,
  { startUnixNano }: Pick<Slowdown, 'startUnixNano'>,
): string {
  const since = secondOf(startUnixNano);
  const seen = new Set([edge.client]);
  let at = edge;
  while (!seen.has(at.server)) {
    seen.add(at.server);
    const waits = waitsOf(at.server, [...latencies.values()], since);
    const explained = waits.reduce((sum, { ns }) => sum + ns, 0);
    const longest = waits.toSorted((a, b) => b.ns - a.ns)[0];
    const growth = growthNs(at.seconds, since);
    if (longest === undefined || explained < growth * EXPLAINED) return at.server;
    at = longest.edge;
  }
  return at.server;
}

/** By how much longer a request to `service` waits for each of its callees than it did. */
function waitsOf(
  service: string,
  edges: readonly EdgeLatency[],
  since: UnixSecond,
): readonly { readonly edge: EdgeLatency; readonly ns: number }[] {
  const requests = edges
    .filter(({ server }) => server === service)
    .reduce((sum, { seconds }) => sum + countCallsOf(from(seconds, since)), 0);
  if (requests === 0) return [];
  return edges
    .filter(({ client, server }) => client === service && server !== service)
    .map((edge) => {
      const callsPerRequest = countCallsOf(from(edge.seconds, since)) / requests;
      return { edge, ns: Math.max(0, growthNs(edge.seconds, since)) * callsPerRequest };
    })
    .filter(({ ns }) => ns > 0);
}

function growthNs(seconds: readonly LatencySecond[], since: UnixSecond): number {
  const before = meanNs(sumLatency(seconds.filter(({ second }) => second < since)));
  const after = meanNs(sumLatency(from(seconds, since)));
  return before === undefined || after === undefined ? 0 : after - before;
}

function from(seconds: readonly LatencySecond[], since: UnixSecond): readonly LatencySecond[] {
  return seconds.filter(({ second }) => second >= since);
}
