import { useMemo } from 'react';
import { foldColumns, layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import type { MapLayout, ServiceMap } from '#analysis/service-map/service-map.ts';

/** Groups call each other in long cycles: one column for each step would be a ribbon that nobody can read. */
const MAX_GROUP_COLUMNS = 7;

/** The same set of services and edges keeps its places, whatever flows. */
export function useMapLayout(map: ServiceMap, isGrouped: boolean): MapLayout {
  const key = [...map.nodes.map((node) => node.id), ...map.edges.map((edge) => edge.id)].join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the nodes and edges of `map`
  return useMemo(() => {
    const layout = layoutServiceMap(
      map.nodes.map((node) => node.id),
      map.edges,
    );
    return isGrouped ? foldColumns(layout, MAX_GROUP_COLUMNS) : layout;
  }, [key, isGrouped]);
}
