/** A process of Detour itself. */
export function isOwnService(service: string): boolean {
  return service.startsWith('detour-');
}
