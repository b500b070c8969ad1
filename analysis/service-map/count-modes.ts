import type { ModeCount } from '#analysis/service-map/service-map.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';

/** The mode of most calls; undefined when there were none. */
export function mainMode(modes: readonly ModeCount[]): RoutingMode | undefined {
  return modes.reduce<ModeCount | undefined>(
    (best, entry) => (entry.calls > (best?.calls ?? 0) ? entry : best),
    undefined,
  )?.mode;
}

/** Calls by mode, in the order of `ROUTING_MODES`; modes without calls are left out. */
export function countModes(edges: readonly CallEdge[]): readonly ModeCount[] {
  return ROUTING_MODES.flatMap((mode) => {
    const { calls, errors } = sumCalls(edges.filter((edge) => edge.mode === mode));
    return calls === 0 ? [] : [{ mode, calls, errors }];
  });
}

export function sumCalls(edges: readonly CallEdge[]): {
  readonly calls: number;
  readonly errors: number;
} {
  let calls = 0;
  let errors = 0;
  for (const edge of edges) {
    calls += edge.calls;
    errors += edge.errors;
  }
  return { calls, errors };
}
