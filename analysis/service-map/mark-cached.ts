import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';

/**
 * An Envoy's spans say that xDS found the callee, never whether its stream stands; its metrics do. Calls of a service all
 * of whose Envoys have lost theirs go by the last known configuration.
 */
export function markCached<Edge extends CallEdge>(
  edges: readonly Edge[],
  clients: readonly XdsClient[],
): readonly Edge[] {
  const envoys = clients.filter((client) => client.kind === 'envoy');
  const connected = new Set(envoys.filter((one) => one.connected).map((one) => one.service));
  const cut = new Set(envoys.map((one) => one.service).filter((name) => !connected.has(name)));
  if (cut.size === 0) return edges;
  return edges.map((edge) =>
    edge.mode === 'xds-live' && cut.has(edge.client) ? { ...edge, mode: 'xds-cached' } : edge,
  );
}
