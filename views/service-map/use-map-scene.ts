'use client';

import { useMemo } from 'react';
import type { MapLayout, ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import { buildStrands, isLoudEdge } from './build-strands.ts';
import { configLines, lookupLines } from './control-lines.ts';
import type { MapScene } from './draw-map.ts';
import { measureLabel } from './edge-label.tsx';
import type { MapSelection } from './map-selection.ts';
import { placeLabels } from './place-labels.ts';
import { linksOf, type MapPlaces, placeMap, type Size } from './place-map.ts';
import type { Point } from './polyline.ts';
import type { MapGroups } from './use-map-groups.ts';

/** Above this, words beside edges are more ink than help: only loud, hovered and selected edges keep theirs. */
const MAX_LABELS = 40;
const MAX_LOUD_LABELS = 16;
/** The bands go on beyond the world, however far it is moved. */
const BEYOND = 4000;

/** An edge with words, and where they stand. */
export interface PlacedLabel {
  readonly edge: ServiceEdge;
  readonly at: Point;
}

export interface ServiceMapViewProps {
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  readonly selection: MapSelection | undefined;
  readonly onSelect: (selection: MapSelection | undefined) => void;
  /** Edges to keep in sight, the others fade; all when undefined. */
  readonly kept?: ReadonlySet<string> | undefined;
  /** A metric that colours the edges, 0..1 an edge; routing when undefined. */
  readonly levels?: ReadonlyMap<string, number> | undefined;
  /** Several services drawn as one, where the map has groups. */
  readonly groups?: MapGroups | undefined;
  /** False holds the particles still, e.g. while a replay is paused. */
  readonly isMoving?: boolean;
}

/** New places only when the set of nodes and edges or the size changes. */
export function usePlaces(
  { map, layout, groups, size }: ServiceMapViewProps & { readonly size: Size },
  hasNames: boolean,
): MapPlaces {
  const heights = groups?.heights;
  const key = linksOf(map)
    .map((link) => link.id)
    .join('\n');
  const hasControl = map.controlPlane.state !== 'none';
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the edges of `map`
  return useMemo(
    () => placeMap(layout, linksOf(map), size, { control: hasControl, names: hasNames }, heights),
    [layout, key, size, hasControl, hasNames, heights],
  );
}

export function useScene(
  { map, kept, levels, selection, groups }: ServiceMapViewProps,
  places: MapPlaces,
  hovered: MapSelection | undefined,
): MapScene {
  const strands = useMemo(() => buildStrands(map, places.routes), [map, places]);
  const control = useMemo(() => configLines(map, places), [map, places]);
  const lookup = useMemo(() => lookupLines(map, places), [map, places]);
  return useMemo(() => {
    const marked = new Set<string>();
    if (selection?.kind === 'edge') {
      marked.add(groups?.bundleOf.get(selection.id) ?? selection.id);
    }
    if (hovered?.kind === 'edge') marked.add(hovered.id);
    return {
      strands,
      bands: bandsOf(places),
      configLines: control,
      lookupLines: lookup,
      marked,
      kept: hovered?.kind === 'node' && kept === undefined ? edgesOf(map, hovered.id) : kept,
      hasLoud: map.edges.some(isLoudEdge),
      levels,
    };
  }, [strands, places, control, lookup, selection, hovered, kept, levels, map, groups]);
}

export function bandsOf({ world, controlBand, namesBand }: MapPlaces): MapScene['bands'] {
  return [
    ...(controlBand > 0 ? [{ top: -BEYOND, bottom: controlBand, edge: controlBand }] : []),
    ...(namesBand > 0
      ? [
          {
            top: world.height - namesBand,
            bottom: world.height + BEYOND,
            edge: world.height - namesBand,
          },
        ]
      : []),
  ];
}

/** undefined when the node has no edge: then nothing fades. */
function edgesOf(map: ServiceMap, id: string): ReadonlySet<string> | undefined {
  const own = map.edges.filter((edge) => edge.client === id || edge.server === id);
  return own.length === 0 ? undefined : new Set(own.map((edge) => edge.id));
}

/** Words for every edge of a small map. Their places do not depend on what is hovered or found, so that none jumps. */
export function useLabels(
  map: ServiceMap,
  places: MapPlaces,
  { strands, marked, kept }: MapScene,
  selection: MapSelection | undefined,
): readonly PlacedLabel[] {
  return useMemo(
    () => labelsOf(map, places, { strands, marked, kept }, selection),
    [map, places, strands, marked, kept, selection],
  );
}

export function labelsOf(
  map: ServiceMap,
  places: MapPlaces,
  { strands, marked, kept }: Pick<MapScene, 'strands' | 'marked' | 'kept'>,
  selection: MapSelection | undefined,
): readonly PlacedLabel[] {
  const breaks = new Map<string, Point>();
  for (const { edgeId, broken } of strands) {
    if (broken !== undefined) breaks.set(edgeId, broken.at);
  }
  const spoken = spokenEdges(map, marked, selection);
  const isLarge = map.edges.length > MAX_LABELS;
  const isLookedAt = (edge: ServiceEdge) => marked.has(edge.id) || touches(edge, selection);
  const at = placeLabels(
    spoken.map((edge) => ({
      ...measureLabel(edge, breaks.get(edge.id)),
      isOptional: isLarge && !isLookedAt(edge),
    })),
    places.routes,
    [...places.nodes.values()],
    // Among hundreds of lines no place is free of them; to look for one would cost whole frames.
    !isLarge,
  );
  return spoken.flatMap((edge) => {
    const place = at.get(edge.id);
    const isShown = kept === undefined || kept.has(edge.id);
    return place === undefined || !isShown ? [] : [{ edge, at: place }];
  });
}

/** Every edge of a small map; of a large one what is looked at, and the worst of what is loud. */
function spokenEdges(
  map: ServiceMap,
  marked: ReadonlySet<string>,
  selection: MapSelection | undefined,
): readonly ServiceEdge[] {
  if (map.edges.length <= MAX_LABELS) return map.edges;
  const looked = map.edges.filter((edge) => marked.has(edge.id) || touches(edge, selection));
  const loud = map.edges
    .filter((edge) => isLoudEdge(edge) && !looked.includes(edge))
    .toSorted((a, b) => b.errors - a.errors || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_LOUD_LABELS);
  return [...looked, ...loud];
}

function touches(edge: ServiceEdge, selection: MapSelection | undefined): boolean {
  return (
    selection?.kind === 'node' && (edge.client === selection.id || edge.server === selection.id)
  );
}
