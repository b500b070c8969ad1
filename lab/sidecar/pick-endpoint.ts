import type { Endpoint } from './xds-resources.ts';

/**
 * Chooses by weight among the endpoints that were not tried for this request and are not ejected. When all are ejected
 * it chooses among them as if none was: sending somewhere beats sending nowhere (Envoy's panic threshold).
 * `roll` is uniform in [0, 1). undefined when every endpoint was tried.
 */
export function pickEndpoint(
  endpoints: readonly Endpoint[],
  roll: number,
  isEjected: (endpoint: Endpoint) => boolean,
  tried: ReadonlySet<Endpoint>,
): Endpoint | undefined {
  const open = endpoints.filter((endpoint) => !tried.has(endpoint));
  const healthy = open.filter((endpoint) => !isEjected(endpoint));
  return byWeight(healthy.length > 0 ? healthy : open, roll);
}

/** The item on which `roll` falls when all stand in a row, each as wide as its weight; undefined when none has any. */
export function byWeight<T extends { readonly weight: number }>(
  items: readonly T[],
  roll: number,
): T | undefined {
  let remaining = roll * items.reduce((sum, item) => sum + item.weight, 0);
  for (const item of items) {
    if (remaining < item.weight) return item;
    remaining -= item.weight;
  }
  return undefined;
}
