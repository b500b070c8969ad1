import type { ServiceMap } from '#analysis/service-map/service-map.ts';

/** What one edge or node did, one value a snapshot kept, oldest first. */
export interface SeenSeries {
  readonly perSecond: readonly number[];
  readonly errorRatio: readonly number[];
  readonly latencyMs: readonly number[];
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
  for (const edge of map.edges) {
    next.set(
      edge.id,
      append(history.get(edge.id), edge.callsPerSecond, edge.errorRatio, edge.p99Ns),
    );
  }
  for (const node of map.nodes) {
    const key = `node:${node.id}`;
    next.set(key, append(history.get(key), node.requestsPerSecond, node.errorRatio, node.p99Ns));
  }
  return next;
}

/** The middle of the first values kept: what it was. undefined until enough was seen to compare. */
export function earlier(values: readonly number[]): number | undefined {
  const first = values.slice(0, Math.floor(values.length / 3));
  if (first.length < 5) return undefined;
  return first.toSorted((a, b) => a - b)[Math.floor(first.length / 2)];
}

function append(
  series: SeenSeries | undefined,
  perSecond: number,
  errorRatio: number,
  latencyNs: number | undefined,
): SeenSeries {
  const push = (values: readonly number[] | undefined, value: number) => [
    ...(values ?? []).slice(1 - KEPT),
    value,
  ];
  return {
    perSecond: push(series?.perSecond, perSecond),
    errorRatio: push(series?.errorRatio, errorRatio),
    latencyMs: push(series?.latencyMs, (latencyNs ?? 0) / 1e6),
  };
}
