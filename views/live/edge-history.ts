import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { secondOf, type UnixSecond } from '#telemetry/time.ts';

/** What one edge or node did, one value a snapshot kept, oldest first. */
export interface SeenSeries {
  readonly seconds: readonly UnixSecond[];
  readonly perSecond: readonly number[];
  readonly errorRatio: readonly number[];
  /** undefined where nothing was measured: no call is not a fast call. */
  readonly latencyMs: readonly (number | undefined)[];
}

export type SeenHistory = ReadonlyMap<string, SeenSeries>;

const KEPT = 150;
/** Snapshots come up to four times a second: one value a second is enough for a spark. */
const STEP_NS = 1_000_000_000n;

/** Adds a snapshot to what this tab has seen; the same object when it is too soon for another value. */
export function addToHistory(
  history: SeenHistory,
  before: ServiceMap | undefined,
  map: ServiceMap,
): SeenHistory {
  const isNew =
    before === undefined || map.window.endUnixNano - before.window.endUnixNano >= STEP_NS;
  if (!isNew) return history;
  const next = new Map<string, SeenSeries>();
  const second = secondOf(map.window.endUnixNano);
  for (const edge of map.edges) {
    const { callsPerSecond: perSecond, errorRatio, p99Ns } = edge;
    next.set(edge.id, append(history.get(edge.id), { second, perSecond, errorRatio, p99Ns }));
  }
  for (const node of map.nodes) {
    const key = `node:${node.id}`;
    const { requestsPerSecond: perSecond, errorRatio, p99Ns } = node;
    next.set(key, append(history.get(key), { second, perSecond, errorRatio, p99Ns }));
  }
  return next;
}

/** The middle of the first values kept: what it was. undefined until enough was seen to compare. */
export function earlier(values: readonly (number | undefined)[]): number | undefined {
  const first = values
    .slice(0, Math.floor(values.length / 3))
    .filter((value) => value !== undefined);
  if (first.length < 5) return undefined;
  return first.toSorted((a, b) => a - b)[Math.floor(first.length / 2)];
}

function append(
  series: SeenSeries | undefined,
  now: {
    readonly second: UnixSecond;
    readonly perSecond: number;
    readonly errorRatio: number;
    readonly p99Ns: number | undefined;
  },
): SeenSeries {
  const push = <T>(values: readonly T[] | undefined, value: T): readonly T[] => [
    ...(values ?? []).slice(1 - KEPT),
    value,
  ];
  return {
    seconds: push(series?.seconds, now.second),
    perSecond: push(series?.perSecond, now.perSecond),
    errorRatio: push(series?.errorRatio, now.errorRatio),
    latencyMs: push(series?.latencyMs, now.p99Ns === undefined ? undefined : now.p99Ns / 1e6),
  };
}
