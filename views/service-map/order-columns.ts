import type { MapLayout } from '#analysis/service-map/service-map.ts';

/** What stands in a column of the map: a node, or the place where a long edge passes by. */
export interface Item {
  readonly id: string;
  readonly column: number;
  readonly kind: 'node' | 'passage';
}

export interface Link {
  readonly id: string;
  readonly client: string;
  readonly server: string;
}

export interface OrderedColumns {
  /** Top to bottom. */
  readonly columns: readonly (readonly Item[])[];
  /** Items that follow each other on an edge, in neighbouring columns. */
  readonly neighbours: ReadonlyMap<string, readonly string[]>;
}

const SWEEPS = 10;

export function passageId(linkId: string, column: number): string {
  return `${linkId}@${column}`;
}

/**
 * The layout's columns with passages for edges that skip a column, so that no edge runs through a node:
 *
 *   gateway ──▶ song ──▶ artist          gateway ──▶ song ──▶ artist
 *      └──────(through song)──▲              └────── passage ────▲
 *
 * Rows by the barycentre method over nodes and passages (Sugiyama, Tagawa & Toda 1981, §IV), starting from the layout's.
 */
export function orderColumns(layout: MapLayout, links: readonly Link[]): OrderedColumns {
  const columns: Item[][] = Array.from({ length: layout.columns }, () => []);
  const heights = new Map<string, number>();
  for (const [id, place] of layout.places) {
    columns[place.column]?.push({ id, column: place.column, kind: 'node' });
    heights.set(id, place.y);
  }
  const neighbours = new Map<string, string[]>();
  for (const link of links) addPassages(layout, link, columns, heights, neighbours);
  for (const column of columns) sortBy(column, heights);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? columns : [...columns].reverse();
    for (const column of order) sweepColumn(column, heights, neighbours);
  }
  return { columns, neighbours };
}

function addPassages(
  layout: MapLayout,
  link: Link,
  columns: Item[][],
  heights: Map<string, number>,
  neighbours: Map<string, string[]>,
): void {
  const from = layout.places.get(link.client);
  const to = layout.places.get(link.server);
  if (from === undefined || to === undefined || to.column <= from.column) return;
  let before = link.client;
  for (let column = from.column + 1; column < to.column; column++) {
    const id = passageId(link.id, column);
    const share = (column - from.column) / (to.column - from.column);
    columns[column]?.push({ id, column, kind: 'passage' });
    heights.set(id, from.y + (to.y - from.y) * share);
    connect(neighbours, before, id);
    before = id;
  }
  connect(neighbours, before, link.server);
}

function connect(neighbours: Map<string, string[]>, a: string, b: string): void {
  neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
  neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
}

function sweepColumn(
  column: Item[],
  heights: Map<string, number>,
  neighbours: ReadonlyMap<string, readonly string[]>,
): void {
  const centres = new Map(
    column.map((item) => {
      const around = (neighbours.get(item.id) ?? []).map((id) => heights.get(id) ?? 0.5);
      const sum = around.reduce((total, height) => total + height, 0);
      return [item.id, around.length === 0 ? (heights.get(item.id) ?? 0.5) : sum / around.length];
    }),
  );
  sortBy(column, centres);
  column.forEach((item, row) => {
    heights.set(item.id, (row + 0.5) / column.length);
  });
}

/** Ties by id, so that the same map always gets the same picture. */
function sortBy(column: Item[], keys: ReadonlyMap<string, number>): void {
  column.sort((a, b) => (keys.get(a.id) ?? 0) - (keys.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1));
}
