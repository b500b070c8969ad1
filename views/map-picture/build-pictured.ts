import type { MapLayout, ServiceMap } from '#analysis/service-map/service-map.ts';
import { buildStrands, isLoudEdge } from '#views/service-map/build-strands.ts';
import { configLines, lookupLines } from '#views/service-map/control-lines.ts';
import type { MapScene } from '#views/service-map/draw-map.ts';
import { linksOf, type MapPlaces, placeMap } from '#views/service-map/place-map.ts';
import type { MapGroups } from '#views/service-map/use-map-groups.ts';
import { bandsOf, labelsOf, type PlacedLabel } from '#views/service-map/use-map-scene.ts';

/** Everything that the picture shows, as the map on the screen is given it. */
export interface Pictured {
  /** What it is, and of when. */
  readonly title: string;
  readonly when: string;
  /** What is left out or coloured otherwise, or ''. */
  readonly note: string;
  readonly map: ServiceMap;
  readonly groups: MapGroups | undefined;
  readonly places: MapPlaces;
  readonly scene: MapScene;
  readonly labels: readonly PlacedLabel[];
}

/** The map as the screen is given it, and the words about it. */
export interface PictureSource {
  readonly title: string;
  readonly when: string;
  readonly note: string;
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  readonly groups?: MapGroups | undefined;
  readonly kept?: ReadonlySet<string> | undefined;
  readonly levels?: ReadonlyMap<string, number> | undefined;
}

/** The same map gives the same picture on every screen; a larger one gets the room that it needs. */
const VIEW = { width: 1400, height: 760 };

export function buildPictured(source: PictureSource): Pictured {
  const { title, when, note, map, layout, groups, kept, levels } = source;
  const bands = { control: map.controlPlane.state !== 'none', names: map.dns !== undefined };
  const places = placeMap(layout, linksOf(map), VIEW, bands, groups?.heights);
  const scene = {
    strands: buildStrands(map, places.routes),
    bands: bandsOf(places),
    configLines: configLines(map, places),
    lookupLines: lookupLines(map, places),
    marked: new Set<string>(),
    kept,
    hasLoud: map.edges.some(isLoudEdge),
    levels,
  };
  const labels = labelsOf(map, places, scene, undefined);
  return { title, when, note, map, groups, places, scene, labels };
}
