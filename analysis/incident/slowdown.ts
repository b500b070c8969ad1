import { NS_PER_MS, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';

export interface LatencyQuantiles {
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** Calls from one service to another that take much longer than they did. */
export interface Slowdown {
  readonly client: string;
  readonly server: string;
  /** Start of the first second in which calls were slow. */
  readonly startUnixNano: UnixNano;
  /** Undefined while it lasts. */
  readonly endUnixNano?: UnixNano;
  /** A call is slow when it takes longer: well above what nearly all took before. */
  readonly limitNs: number;
  readonly before: LatencyQuantiles;
  /** Since it began, at most over the last two minutes. */
  readonly during: LatencyQuantiles;
  /** The deepest service on the way whose own time grew; all that call it wait for it. */
  readonly origin: string;
}

/** Calls to it are slow by itself, not by what it waits for. */
export function isOwnTime({ server, origin }: Pick<Slowdown, 'server' | 'origin'>): boolean {
  return server === origin;
}

export function describeSlowdown(slowdown: Slowdown): string {
  const growth = describeGrowth(slowdown);
  return isOwnTime(slowdown) ? `slow: ${growth}` : `slow, waits for ${slowdown.origin}: ${growth}`;
}

export function describeGrowth({ before, during }: Pick<Slowdown, 'before' | 'during'>): string {
  return `p50 ${lengthOf(during.p50Ns)}, ${lengthOf(before.p50Ns)} before`;
}

/** Two or three digits: a quantile is known within a tenth. */
export function lengthOf(ns: number): string {
  if (ns >= 10 * NS_PER_SECOND) return `${Math.round(ns / NS_PER_SECOND)} s`;
  if (ns >= NS_PER_SECOND) return `${(ns / NS_PER_SECOND).toFixed(1)} s`;
  const ms = ns / NS_PER_MS;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** The one that cost most, where it is lost if that is known; undefined for none. */
export function worstSlowdown(slowdowns: readonly Slowdown[]): Slowdown | undefined {
  const own = slowdowns.filter(isOwnTime);
  const [first, ...rest] = own.length > 0 ? own : slowdowns;
  if (first === undefined) return undefined;
  return rest.reduce((most, one) => (growthNs(one) > growthNs(most) ? one : most), first);
}

function growthNs({ before, during }: Slowdown): number {
  return during.p50Ns - before.p50Ns;
}
