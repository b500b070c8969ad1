import { mainMode } from '#analysis/service-map/count-modes.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';

/** The mode that found most callees of each edge (by `edgeId`, in order). */
export function usualModes(
  edges: readonly Pick<CallEdge, 'client' | 'server' | 'mode' | 'calls'>[],
): ReadonlyMap<string, RoutingMode> {
  const byEdge = new Map<string, Map<RoutingMode, number>>();
  for (const edge of edges) {
    const modes = byEdge.get(edgeId(edge)) ?? new Map<RoutingMode, number>();
    byEdge.set(edgeId(edge), modes.set(edge.mode, (modes.get(edge.mode) ?? 0) + edge.calls));
  }
  const usual = new Map<string, RoutingMode>();
  for (const [id, modes] of [...byEdge].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const mode = mainMode([...modes].map(([name, calls]) => ({ mode: name, calls, errors: 0 })));
    if (mode !== undefined) usual.set(id, mode);
  }
  return usual;
}
