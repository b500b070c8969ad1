import type { CallEdge, CallEdgeSecond } from '#telemetry/call-edge.ts';
import { bucketOf, emptyHistogram } from '#telemetry/latency-histogram.ts';
import { NS_PER_MS, unixSecond } from '#telemetry/time.ts';

/** "gateway -> login" with so many calls, all of them as slow as said. */
export function edge(
  pair: string,
  calls: number,
  rest: Partial<CallEdge> & { readonly ms?: number } = {},
): CallEdge {
  const [client = '', server = ''] = pair.split(' -> ');
  const { ms = 5, ...facts } = rest;
  const latency = emptyHistogram();
  latency[bucketOf(ms * NS_PER_MS)] = calls;
  return {
    client,
    server,
    serverKind: 'service',
    mode: 'xds-live',
    calls,
    errors: 0,
    latency,
    ...facts,
  };
}

/** The same edge in each second of a range. */
export function edgeSeconds(
  from: number,
  to: number,
  pair: string,
  calls: number,
  rest: Partial<CallEdge> & { readonly ms?: number } = {},
): readonly CallEdgeSecond[] {
  return Array.from({ length: to - from }, (_, index) => ({
    ...edge(pair, calls, rest),
    second: unixSecond(from + index),
  }));
}
