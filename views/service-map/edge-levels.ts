import type { ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';

/** What colours the edges. Routing has its own hues and forms; the others are a ramp of one hue. */
export type ColourBy = 'routing' | 'errors' | 'p99' | 'rate' | 'change';

export const COLOURS: readonly { readonly value: ColourBy; readonly label: string }[] = [
  { value: 'routing', label: 'Routing' },
  { value: 'errors', label: 'Errors' },
  { value: 'p99', label: 'p99' },
  { value: 'rate', label: 'Rate' },
  { value: 'change', label: 'Change' },
];

export function parseColourBy(text: string | null): ColourBy {
  return COLOURS.find((colour) => colour.value === text)?.value ?? 'routing';
}

const METRICS: Readonly<Record<Exclude<ColourBy, 'routing'>, (edge: ServiceEdge) => number>> = {
  errors: (edge) => edge.errorRatio,
  p99: (edge) => Math.log10(1 + (edge.p99Ns ?? 0) / 1e6),
  rate: (edge) => Math.log10(1 + edge.callsPerSecond),
  change: (edge) => (edge.usualMode === undefined ? 0 : 1),
};

/** How strongly each edge is coloured, 0..1; undefined for routing. Latency and rate on a log scale. */
export function edgeLevels(
  map: ServiceMap,
  colourBy: ColourBy,
): ReadonlyMap<string, number> | undefined {
  if (colourBy === 'routing') return undefined;
  const values = map.edges.map((edge) => METRICS[colourBy](edge));
  const top = colourBy === 'errors' || colourBy === 'change' ? 1 : Math.max(...values, 1e-9);
  return new Map(map.edges.map((edge, i) => [edge.id, (values[i] ?? 0) / top]));
}
