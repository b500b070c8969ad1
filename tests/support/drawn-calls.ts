import type { CallEdge, CallEdgeSecond } from '#telemetry/call-edge.ts';
import { bucketOf, emptyHistogram } from '#telemetry/latency-histogram.ts';
import { NS_PER_MS, unixSecond } from '#telemetry/time.ts';
import { edge } from '#tests/support/calls.ts';

export interface DrawnCalls {
  /** Calls a second on average. */
  readonly rate: number;
  /** Median in ms, of the calls of one second. */
  readonly ms: (second: number) => number;
  /** Of the logarithm, as service times have it. */
  readonly spread?: number;
  readonly rest?: (second: number) => Partial<CallEdge>;
}

/** Calls of one edge as they are: about so many a second, each log-normally long. */
export function drawCalls(
  roll: () => number,
  [from, to]: readonly [number, number],
  pair: string,
  { rate, ms, spread = 0.4, rest = () => ({}) }: DrawnCalls,
): readonly CallEdgeSecond[] {
  const rows: CallEdgeSecond[] = [];
  for (let second = from; second < to; second++) {
    const calls = poisson(rate, roll);
    if (calls === 0) continue;
    const latency = emptyHistogram();
    for (let i = 0; i < calls; i++) {
      const bucket = bucketOf(ms(second) * Math.exp(spread * normal(roll)) * NS_PER_MS);
      latency[bucket] = (latency[bucket] ?? 0) + 1;
    }
    rows.push({ ...edge(pair, calls, { latency, ...rest(second) }), second: unixSecond(second) });
  }
  return rows;
}

/** Knuth, The Art of Computer Programming, volume 2, §3.4.1. */
function poisson(mean: number, roll: () => number): number {
  let count = 0;
  for (let left = roll(); left > Math.exp(-mean); left *= roll()) count++;
  return count;
}

/** Box and Muller, A Note on the Generation of Random Normal Deviates, 1958. */
function normal(roll: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
}
