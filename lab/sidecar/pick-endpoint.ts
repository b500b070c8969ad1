import type { Endpoint } from './endpoint.ts';

/**
 * Chooses by weight among the endpoints that were not tried for this request and are not ejected. When fewer
 * than the share `panicBelow` of all are left, ejection does not count: what is left would not bear the load of all
 * (Envoy's panic threshold; upstream/load_balancing/panic_threshold.rst). At 0 what is ejected stays so.
 * `roll` is uniform in [0, 1). undefined when every endpoint was tried or is ejected.
 */
export function pickEndpoint(
  endpoints: readonly Endpoint[],
  roll: number,
  isEjected: (endpoint: Endpoint) => boolean,
  tried: ReadonlySet<Endpoint>,
  panicBelow = 0.5,
): Endpoint | undefined {
  const healthy = endpoints.some(isEjected)
    ? endpoints.filter((endpoint) => !isEjected(endpoint))
    : endpoints;
  const isPanic = healthy.length < panicBelow * endpoints.length;
  const usable = isPanic ? endpoints : healthy;
  return byWeight(
    tried.size === 0 ? usable : usable.filter((endpoint) => !tried.has(endpoint)),
    roll,
  );
}

/** The item on which `roll` falls when all stand in a row, each as wide as its weight; undefined when none has any. */
export function byWeight<T extends { readonly weight: number }>(
  items: readonly T[],
  roll: number,
): T | undefined {
  let sum = 0;
  for (const item of items) sum += item.weight;
  let remaining = roll * sum;
  for (const item of items) {
    if (remaining < item.weight) return item;
    remaining -= item.weight;
  }
  return undefined;
}
