/** What a service's resources add to its name, which listener and main cluster go by alone. */
const SUFFIX = { route: '-route', eds: '-eds', dns: '-dns' } as const;
const SUFFIXES = ['', ...Object.values(SUFFIX)];

/** The route configuration of a service, or one of the two clusters behind its aggregate. */
export function resourceName(service: string, part: keyof typeof SUFFIX): string {
  return `${service}${SUFFIX[part]}`;
}

/** Whether `service` has a resource that goes by `name`. */
export function isResourceOf(service: string, name: string): boolean {
  return name.startsWith(service) && SUFFIXES.includes(name.slice(service.length));
}
