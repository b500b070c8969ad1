import type { CallEdge } from '#telemetry/call-edge.ts';

/** The name of an edge in links, selections and `usual`. */
export function edgeId(edge: Pick<CallEdge, 'client' | 'server'>): string {
  return `${edge.client}->${edge.server}`;
}
