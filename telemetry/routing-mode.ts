/**
 * How a caller found its callee. Sidecars state facts (`mesh.routing.mode`, `mesh.routing.source`, `error.type`);
 * the mode is derived from them, so that strangers' spans get one too.
 *
 *   xds-live      configuration confirmed on a live stream
 *   xds-cached    stream lost, last known configuration still routes
 *   xds-fallback  configuration of a second xDS server (gRFC A71)
 *   xds-none      asked by xDS, got no address: "no config"
 *   dns           resolved by DNS
 *   static        from a file
 *   direct        the caller used an address as it was
 *   unknown       no evidence: never guessed
 */
export type RoutingMode =
  | 'xds-live'
  | 'xds-cached'
  | 'xds-fallback'
  | 'xds-none'
  | 'dns'
  | 'static'
  | 'direct'
  | 'unknown';

/** The index is the code in the store's columns: append only. */
export const ROUTING_MODES: readonly RoutingMode[] = [
  'unknown',
  'xds-live',
  'xds-cached',
  'xds-fallback',
  'xds-none',
  'dns',
  'static',
  'direct',
];

export function routingModeCode(mode: RoutingMode): number {
  return ROUTING_MODES.indexOf(mode);
}

/** Found through the mesh, or meant to be: every xDS mode. */
export function isMesh(mode: RoutingMode): boolean {
  return mode.startsWith('xds-');
}
