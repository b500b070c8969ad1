/** How the names of Detour's own processes begin. */
export const OWN_SERVICE_PREFIX = 'detour-';

/** A process of Detour itself. */
export function isOwnService(service: string): boolean {
  return service.startsWith(OWN_SERVICE_PREFIX);
}
