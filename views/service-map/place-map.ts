import type { MapLayout, ServiceMap } from '#analysis/service-map/service-map.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { type Link, type OrderedColumns, orderColumns, passageId } from './order-columns.ts';
import { type Point, type Polyline, toPolyline, traceCurve } from './polyline.ts';
import { type Spacing, spaceColumns } from './space-columns.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Where everything stands, px at zoom 1:
 *
 *   ┌ control band ┐  the control plane, above
 *   │   traffic    │  left to right
 *   └ names band ──┘  DNS, below
 */
export interface MapPlaces {
  readonly world: Size;
  readonly nodes: ReadonlyMap<string, Box>;
  readonly routes: ReadonlyMap<string, Polyline>;
  /** Heights of the bands; 0 when there is nothing in them. */
  readonly controlBand: number;
  readonly namesBand: number;
  readonly controlCard: Box;
  readonly namesCard: Box;
}

const NODE_HEIGHT = 68;
const USERS_SIZE = { width: 86, height: 44 };
const NODE_WIDTH = { min: 126, max: 164 };
/** Room for the words beside an edge. */
const GAP_MIN = 62;
const SIDE_PAD = 30;
const CONTROL_BAND = 106;
const NAMES_BAND = 88;
const CARD = { control: { width: 540, height: 68 }, names: { width: 380, height: 56 } };
const SPACING = { nodeHeight: NODE_HEIGHT, nodeGap: 34, passageGap: 22 };
/** The height that all edges past one column may take together. */
const RIVER_PX = 240;
/** How far rows may be drawn apart to use a high view. */
const MAX_STRETCH = 1.7;
const ROW_PAD = 26;

/**
 * Depends on the set of nodes and edges and the size of the view, never on what flows: an update moves nothing.
 * `heights` are those of nodes that are not of the usual height: groups that stand open.
 */
export function placeMap(
  layout: MapLayout,
  links: readonly Link[],
  view: Size,
  bands: { readonly control: boolean; readonly names: boolean },
  heights: ReadonlyMap<string, number> = new Map(),
): MapPlaces {
  const ordered = orderColumns(layout, links);
  const spacing = spacingFor(ordered.columns);
  const y = spaceColumns(ordered, spacing);
  const controlBand = bands.control ? CONTROL_BAND : 0;
  const namesBand = bands.names ? NAMES_BAND : 0;
  const { columnLeft, nodeWidth, width } = placeColumns(ordered.columns, view.width);
  // A world wider than the view is shown smaller, which leaves it more height.
  const room = view.height * Math.max(1, width / Math.max(1, view.width));
  const rows = placeRows([...y.values()], room, controlBand, namesBand);
  const centreOf = makeRoom(ordered.columns, (id) => rows.toY(y.get(id) ?? 0), heights, spacing);
  const nodes = new Map<string, Box>();
  for (const item of ordered.columns.flat()) {
    if (item.kind !== 'node') continue;
    const size =
      item.id === USERS
        ? USERS_SIZE
        : { width: nodeWidth, height: heights.get(item.id) ?? NODE_HEIGHT };
    const x = columnLeft[item.column] ?? 0;
    nodes.set(item.id, { x, y: centreOf(item.id) - size.height / 2, ...size });
  }
  const lowest = Math.max(
    ...ordered.columns.flat().map(({ id }) => centreOf(id)),
    ...[...nodes.values()].map((box) => box.y + box.height),
  );
  const height = Math.max(rows.height, lowest + ROW_PAD + namesBand);
  const passages = { y: centreOf, columnLeft, nodeWidth };
  return {
    world: { width, height },
    nodes,
    routes: routeLinks(layout, links, nodes, passages),
    controlBand,
    namesBand,
    controlCard: cardBox(CARD.control, width, (controlBand - CARD.control.height) / 2),
    namesCard: cardBox(CARD.names, width, height - (namesBand + CARD.names.height) / 2),
  };
}

/** The pieces that decide the places: the same key, the same picture. */
export function linksOf(map: ServiceMap): readonly Link[] {
  return map.edges.map(({ id, client, server }) => ({ id, client, server }));
}

function cardBox(card: Size, worldWidth: number, y: number): Box {
  const width = Math.min(card.width, worldWidth - 2 * SIDE_PAD);
  return { x: (worldWidth - width) / 2, y, width, height: card.height };
}

function placeColumns(
  columns: readonly (readonly { readonly id: string }[])[],
  viewWidth: number,
): { readonly columnLeft: readonly number[]; readonly nodeWidth: number; readonly width: number } {
  const narrow = columns.map((column) => column.every((item) => item.id === USERS));
  const wide = narrow.filter((isNarrow) => !isNarrow).length;
  const gaps = Math.max(0, columns.length - 1);
  const room = viewWidth - 2 * SIDE_PAD - narrow.filter(Boolean).length * USERS_SIZE.width;
  const pitch = room / Math.max(1, wide + gaps * 0.42);
  const nodeWidth = Math.round(Math.max(NODE_WIDTH.min, Math.min(NODE_WIDTH.max, pitch)));
  const gap = gaps === 0 ? 0 : Math.max(GAP_MIN, Math.min(190, (room - wide * nodeWidth) / gaps));
  const widths = narrow.map((isNarrow) => (isNarrow ? USERS_SIZE.width : nodeWidth));
  const used = widths.reduce((sum, width) => sum + width, 0) + gaps * gap;
  const width = Math.max(viewWidth, used + 2 * SIDE_PAD);
  const columnLeft: number[] = [];
  let x = (width - used) / 2;
  for (const columnWidth of widths) {
    columnLeft.push(Math.round(x));
    x += columnWidth + gap;
  }
  return { columnLeft, nodeWidth, width };
}

function placeRows(
  centres: readonly number[],
  viewHeight: number,
  controlBand: number,
  namesBand: number,
): { readonly height: number; readonly toY: (centre: number) => number } {
  const top = Math.min(0, ...centres);
  const bottom = Math.max(0, ...centres);
  const margin = NODE_HEIGHT + 2 * ROW_PAD;
  const room = viewHeight - controlBand - namesBand - margin;
  const span = bottom - top;
  const stretch = span === 0 ? 1 : Math.max(1, Math.min(MAX_STRETCH, room / span));
  const height = Math.max(viewHeight, span * stretch + margin + controlBand + namesBand);
  const middle = controlBand + (height - controlBand - namesBand) / 2;
  return {
    height,
    toY: (centre) => Math.round(middle + (centre - (top + bottom) / 2) * stretch),
  };
}

/** Long edges that pass a column are drawn closer the more they are, as one river: lines need no room of their own. */
function spacingFor(columns: OrderedColumns['columns']): Spacing {
  const most = Math.max(
    1,
    ...columns.map((column) => column.filter(({ kind }) => kind === 'passage').length),
  );
  return { ...SPACING, passageGap: Math.min(SPACING.passageGap, RIVER_PX / most) };
}

/** Centres of all items once some nodes are higher: what is below one in its column gives way, all else stays. */
function makeRoom(
  columns: OrderedColumns['columns'],
  centreOf: (id: string) => number,
  heights: ReadonlyMap<string, number>,
  spacing: Spacing,
): (id: string) => number {
  if (heights.size === 0) return centreOf;
  const centres = new Map<string, number>();
  for (const column of columns) {
    let free = Number.NEGATIVE_INFINITY;
    for (const { id, kind } of column) {
      const usual = kind === 'node' ? NODE_HEIGHT : 0;
      const height = kind === 'node' ? (heights.get(id) ?? NODE_HEIGHT) : 0;
      const top = Math.max(centreOf(id) - usual / 2, free);
      centres.set(id, top + height / 2);
      free = top + height + spacing.passageGap;
    }
  }
  return (id) => centres.get(id) ?? centreOf(id);
}

interface Passages {
  readonly y: (id: string) => number;
  readonly columnLeft: readonly number[];
  readonly nodeWidth: number;
}

function routeLinks(
  layout: MapLayout,
  links: readonly Link[],
  nodes: ReadonlyMap<string, Box>,
  passages: Passages,
): ReadonlyMap<string, Polyline> {
  const forward = links.flatMap((link) => {
    const stops = passageStops(layout, link, passages);
    return stops === undefined ? [] : [{ link, stops }];
  });
  const exits = spreadEnds(forward, nodes, 'client');
  const entries = spreadEnds(forward, nodes, 'server');
  const routes = new Map<string, Polyline>();
  for (const { link, stops } of forward) {
    const exit = exits.get(link.id);
    const entry = entries.get(link.id);
    if (exit !== undefined && entry !== undefined) {
      routes.set(link.id, traceCurve([exit, ...stops, entry]));
    }
  }
  for (const link of links) {
    const from = nodes.get(link.client);
    const to = nodes.get(link.server);
    if (routes.has(link.id) || from === undefined || to === undefined) continue;
    routes.set(link.id, routeBack(from, to));
  }
  return routes;
}

/** Two stops a passage, so that the edge is level beside the nodes of that column; undefined for a backward edge. */
function passageStops(
  layout: MapLayout,
  link: Link,
  passages: Passages,
): readonly Point[] | undefined {
  const from = layout.places.get(link.client)?.column;
  const to = layout.places.get(link.server)?.column;
  if (from === undefined || to === undefined || to <= from) return undefined;
  const stops: Point[] = [];
  for (let column = from + 1; column < to; column++) {
    const y = passages.y(passageId(link.id, column));
    const x = passages.columnLeft[column] ?? 0;
    stops.push({ x: x - 6, y }, { x: x + passages.nodeWidth + 6, y });
  }
  return stops;
}

/** Ends at one side of a node, spread in the order in which the edges fan out. */
function spreadEnds(
  forward: readonly { readonly link: Link; readonly stops: readonly Point[] }[],
  nodes: ReadonlyMap<string, Box>,
  end: 'client' | 'server',
): ReadonlyMap<string, Point> {
  const ends = new Map<string, Point>();
  for (const [id, box] of nodes) {
    const sorted = forward
      .filter(({ link }) => link[end] === id)
      .map(({ link, stops }) => ({ id: link.id, y: fanHeight(link, stops, nodes, end) }))
      .sort((a, b) => a.y - b.y);
    const step = Math.min(13, (box.height - 28) / Math.max(1, sorted.length - 1));
    sorted.forEach((edge, i) => {
      const y = box.y + box.height / 2 + (i - (sorted.length - 1) / 2) * step;
      ends.set(edge.id, { x: end === 'client' ? box.x + box.width : box.x, y });
    });
  }
  return ends;
}

function fanHeight(
  link: Link,
  stops: readonly Point[],
  nodes: ReadonlyMap<string, Box>,
  end: 'client' | 'server',
): number {
  const stop = end === 'client' ? stops[0] : stops.at(-1);
  const other = nodes.get(end === 'client' ? link.server : link.client);
  return stop?.y ?? (other === undefined ? 0 : other.y + other.height / 2);
}

/** Below both nodes: an edge against the stream, within a column, or to itself. */
function routeBack(from: Box, to: Box): Polyline {
  const start = { x: from.x + from.width * 0.35, y: from.y + from.height };
  const end = { x: to.x + to.width * 0.65, y: to.y + to.height };
  const sag = Math.max(start.y, end.y) + 34;
  return toPolyline(
    Array.from({ length: 25 }, (_, i) => {
      const t = i / 24;
      const u = 1 - t;
      const bend = 3 * u * u * t + 3 * u * t * t;
      return {
        x: u * start.x + t * end.x + Math.sin(Math.PI * t) * (from === to ? 26 : 0),
        y: u * u * u * start.y + t * t * t * end.y + bend * sag,
      };
    }),
  );
}
