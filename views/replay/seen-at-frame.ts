import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { unixSecond } from '#telemetry/time.ts';
import type { SeenHistory, SeenSeries } from '#views/live/edge-history.ts';
import type { MapSelection } from '#views/service-map/map-selection.ts';

const KEPT_FRAMES = 150;

/** What the selected edge or node did in the frames up to `frame`: the sparks of the inspector. */
export function seenAtFrame(
  timeline: ReplayTimeline,
  frame: number,
  selection: MapSelection | undefined,
): SeenHistory {
  if (selection?.kind !== 'edge' && selection?.kind !== 'node') return new Map();
  const edges = timeline.edges.flatMap((edge, index) => {
    const isIn =
      selection.kind === 'edge' ? edgeId(edge) === selection.id : edge.server === selection.id;
    return isIn ? [index] : [];
  });
  const first = Math.max(0, frame - KEPT_FRAMES + 1);
  const series = Array.from({ length: frame - first + 1 }, (_, i) =>
    sumAt(timeline, edges, first + i),
  );
  const seen: SeenSeries = {
    seconds: series.map((_, i) => unixSecond(timeline.startSecond + first + i)),
    perSecond: series.map((at) => at.calls),
    errorRatio: series.map((at) => (at.calls === 0 ? 0 : at.errors / at.calls)),
    latencyMs: series.map((at) => (at.calls === 0 ? undefined : at.p95Ms)),
  };
  return new Map([[selection.kind === 'edge' ? selection.id : `node:${selection.id}`, seen]]);
}

function sumAt(timeline: ReplayTimeline, edges: readonly number[], frame: number) {
  let calls = 0;
  let errors = 0;
  let p95Ms = 0;
  for (const index of edges) {
    const at = index * timeline.frames + frame;
    calls += timeline.calls[at] ?? 0;
    errors += timeline.errors[at] ?? 0;
    p95Ms = Math.max(p95Ms, (timeline.p95Us[at] ?? 0) / 1000);
  }
  return { calls, errors, p95Ms };
}
