import type { XdsClientVerdict } from '#analysis/control-plane/xds-client.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import type { Box, MapPlaces } from './place-map.ts';
import { type Point, type Polyline, toPolyline } from './polyline.ts';

/** From the top of a node to its port. */
export const PORT_DROP = 15;
const LANE = 18;
const CUT: ReadonlySet<XdsClientVerdict> = new Set(['stream-lost', 'never-connected']);

export interface ConfigLine {
  readonly line: Polyline;
  /** No configuration comes this way now. */
  readonly isCut: boolean;
}

/**
 * Configuration comes from above: card, down to the band's edge, along it, down beside the node, into its port.
 * One line for each service that has an xDS client.
 */
export function configLines(map: ServiceMap, places: MapPlaces): readonly ConfigLine[] {
  if (places.controlBand === 0) return [];
  const card = places.controlCard;
  return map.nodes.flatMap((node) => {
    const box = places.nodes.get(node.id);
    if (node.clients.length === 0 || box === undefined) return [];
    const lane = box.x - LANE;
    const line = rightAngles([
      { x: card.x + card.width / 2, y: card.y + card.height },
      { x: lane, y: places.controlBand },
      { x: box.x - 9, y: box.y + PORT_DROP },
    ]);
    return [{ line, isCut: node.clients.every((client) => CUT.has(client.verdict)) }];
  });
}

/** Names come from below: one line for each service that finds a callee by DNS. */
export function lookupLines(map: ServiceMap, places: MapPlaces): readonly Polyline[] {
  if (places.namesBand === 0) return [];
  const card = places.namesCard;
  const edge = places.world.height - places.namesBand;
  const asking = new Set(
    map.edges
      .filter((link) => link.byMode.some((count) => count.mode === 'dns'))
      .map((link) => link.client),
  );
  return [...asking].flatMap((id) => {
    const box: Box | undefined = places.nodes.get(id);
    if (box === undefined) return [];
    return [
      rightAngles([
        { x: card.x + card.width / 2, y: card.y },
        { x: box.x + box.width - 14, y: edge },
        { x: box.x + box.width - 14, y: box.y + box.height },
      ]),
    ];
  });
}

/** Down or up first, then along. */
function rightAngles(stops: readonly Point[]): Polyline {
  const points: Point[] = [];
  stops.forEach((stop, i) => {
    const before = stops[i - 1];
    if (before !== undefined) points.push({ x: before.x, y: stop.y });
    points.push(stop);
  });
  return toPolyline(points);
}
