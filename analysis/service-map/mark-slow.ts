import { describeGrowth, isOwnTime, type Slowdown } from '#analysis/incident/slowdown.ts';
import type { Health, ServiceEdge, ServiceNode } from '#analysis/service-map/service-map.ts';
import type { TimeWindow } from '#telemetry/time.ts';

/** Those that lasted at some time within the window. */
export function slowdownsIn(
  incidents: readonly { readonly slowdowns: readonly Slowdown[] }[],
  { startUnixNano, endUnixNano }: TimeWindow,
): readonly Slowdown[] {
  return incidents
    .flatMap(({ slowdowns }) => slowdowns)
    .filter(
      (slowdown) =>
        slowdown.startUnixNano < endUnixNano &&
        (slowdown.endUnixNano === undefined || slowdown.endUnixNano > startUnixNano),
    );
}

/** An edge that is slow and does not fail. */
export function markSlow(slowdowns: readonly Slowdown[]): (edge: ServiceEdge) => ServiceEdge {
  return (edge) => {
    const slowdown = slowdowns.find(
      ({ client, server }) => client === edge.client && server === edge.server,
    );
    if (slowdown === undefined || edge.calls === 0) return edge;
    return { ...edge, slowdown, health: orDegraded(edge.health) };
  };
}

/** A service that callers wait for, with the reason that is nearest to the cause. */
export function markSlowNode(slowdowns: readonly Slowdown[]): (node: ServiceNode) => ServiceNode {
  return (node) => {
    const own = slowdowns.filter(({ server }) => server === node.id);
    const slowdown = own.find(isOwnTime) ?? own[0];
    if (slowdown === undefined || node.health !== 'ok') return node;
    const healthReason = isOwnTime(slowdown)
      ? `slow: ${describeGrowth(slowdown)}`
      : `slow: waits for ${slowdown.origin}`;
    return { ...node, health: 'degraded', healthReason, slowdown };
  };
}

export function orDegraded(health: Health): Health {
  return health === 'ok' ? 'degraded' : health;
}
