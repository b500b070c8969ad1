import type { MapLayout } from '#analysis/service-map/service-map.ts';
import { USERS } from '#telemetry/call-edge.ts';

interface Link {
  readonly client: string;
  readonly server: string;
}

/** Sweeps of the barycentre method; the order settles long before on maps of this size. */
const SWEEPS = 12;

/**
 * Places for the nodes of a map, traffic running left to right:
 *
 *   @users → gateway → playlist → song → artist → image
 *                    ↘ login
 *
 * Columns by longest path from the callers (cycles are cut where a depth-first walk meets them), rows by the barycentre
 * method: Sugiyama, Tagawa & Toda, Methods for Visual Understanding of Hierarchical System Structures (1981), §IV.
 * Depends on the set of nodes and edges only, never on their order: the same set gets the same places.
 */
export function layoutServiceMap(nodeIds: readonly string[], edges: readonly Link[]): MapLayout {
  const nodes = [...new Set(nodeIds)].sort();
  const inMap = new Set(nodes);
  const links = forwardLinks(
    nodes,
    edges.filter((edge) => inMap.has(edge.client) && inMap.has(edge.server)),
  );
  const columns = toColumns(nodes, links);
  orderColumns(columns, links);
  return toPlaces(columns);
}

/** The links without self-calls, doubles and those that close a cycle, in a fixed order. */
function forwardLinks(nodes: readonly string[], edges: readonly Link[]): readonly Link[] {
  const callees = new Map<string, string[]>(nodes.map((id) => [id, []]));
  const seen = new Set<string>();
  for (const { client, server } of edges) {
    const key = `${client}\n${server}`;
    if (client === server || seen.has(key)) continue;
    seen.add(key);
    callees.get(client)?.push(server);
  }
  for (const list of callees.values()) list.sort();
  return withoutBackLinks(startOrder(nodes, callees), callees);
}

/** Users first, then whoever is not called, then by name: where the walk enters decides which link of a cycle is cut. */
function startOrder(
  nodes: readonly string[],
  callees: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const called = new Set([...callees.values()].flat());
  const rank = (id: string): number => (id === USERS ? 0 : called.has(id) ? 2 : 1);
  return [...nodes].sort((a, b) => rank(a) - rank(b));
}

function withoutBackLinks(
  starts: readonly string[],
  callees: ReadonlyMap<string, readonly string[]>,
): readonly Link[] {
  const walk: Walk = { callees, state: new Map(), links: [] };
  for (const start of starts) {
    if (!walk.state.has(start)) walkFrom(start, walk);
  }
  return walk.links;
}

interface Walk {
  readonly callees: ReadonlyMap<string, readonly string[]>;
  readonly state: Map<string, 'open' | 'done'>;
  readonly links: Link[];
}

/** Depth first with its own stack: a chain of calls can be deeper than the call stack allows. */
function walkFrom(start: string, { callees, state, links }: Walk): void {
  const stack = [{ id: start, next: 0 }];
  state.set(start, 'open');
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const callee = callees.get(top.id)?.[top.next++];
    if (callee === undefined) {
      state.set(top.id, 'done');
      stack.pop();
    } else if (state.get(callee) !== 'open') {
      links.push({ client: top.id, server: callee });
      if (state.has(callee)) continue;
      state.set(callee, 'open');
      stack.push({ id: callee, next: 0 });
    }
  }
}

/** Nodes without any link stand together at the right end. */
function toColumns(nodes: readonly string[], links: readonly Link[]): string[][] {
  const rank = longestPaths(nodes, links);
  const linked = new Set(links.flatMap(({ client, server }) => [client, server]));
  const columns: string[][] = [];
  for (const id of nodes.filter((node) => linked.has(node))) {
    const column = rank.get(id) ?? 0;
    while (columns.length <= column) columns.push([]);
    columns[column]?.push(id);
  }
  const alone = nodes.filter((id) => !linked.has(id));
  return alone.length === 0 ? columns : [...columns, alone];
}

/** Longest path from the left by Kahn's topological order; `links` close no cycle. */
function longestPaths(
  nodes: readonly string[],
  links: readonly Link[],
): ReadonlyMap<string, number> {
  const waitsFor = new Map<string, number>(nodes.map((id) => [id, 0]));
  const callees = new Map<string, string[]>(nodes.map((id) => [id, []]));
  for (const { client, server } of links) {
    waitsFor.set(server, (waitsFor.get(server) ?? 0) + 1);
    callees.get(client)?.push(server);
  }
  const rank = new Map<string, number>(nodes.map((id) => [id, 0]));
  const ready = nodes.filter((id) => waitsFor.get(id) === 0);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    const next = (rank.get(id) ?? 0) + 1;
    for (const callee of callees.get(id) ?? []) {
      rank.set(callee, Math.max(rank.get(callee) ?? 0, next));
      const left = (waitsFor.get(callee) ?? 0) - 1;
      waitsFor.set(callee, left);
      if (left === 0) ready.push(callee);
    }
  }
  return rank;
}

function orderColumns(columns: string[][], links: readonly Link[]): void {
  const neighbours = new Map<string, string[]>();
  for (const { client, server } of links) {
    neighbours.set(client, [...(neighbours.get(client) ?? []), server]);
    neighbours.set(server, [...(neighbours.get(server) ?? []), client]);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const heights = relativeRows(columns);
    const order = sweep % 2 === 0 ? columns.keys() : [...columns.keys()].reverse();
    for (const index of order) {
      const column = columns[index];
      if (column === undefined) continue;
      sortByBarycentre(column, neighbours, heights);
      placeColumn(column, heights);
    }
  }
}

function sortByBarycentre(
  column: string[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  heights: ReadonlyMap<string, number>,
): void {
  const centre = new Map<string, number>();
  for (const id of column) {
    const around = (neighbours.get(id) ?? []).map((other) => heights.get(other) ?? 0.5);
    const sum = around.reduce((total, height) => total + height, 0);
    centre.set(id, around.length === 0 ? (heights.get(id) ?? 0.5) : sum / around.length);
  }
  column.sort((a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0) || (a < b ? -1 : 1));
}

function relativeRows(columns: readonly (readonly string[])[]): Map<string, number> {
  const heights = new Map<string, number>();
  for (const column of columns) placeColumn(column, heights);
  return heights;
}

/** Columns are centred: a node's height is its place in its own column, 0 at the top and 1 at the bottom. */
function placeColumn(column: readonly string[], heights: Map<string, number>): void {
  column.forEach((id, row) => {
    heights.set(id, (row + 0.5) / column.length);
  });
}

function toPlaces(columns: readonly (readonly string[])[]): MapLayout {
  const rows = Math.max(0, ...columns.map((column) => column.length));
  const places = new Map<string, { column: number; row: number; x: number; y: number }>();
  columns.forEach((ids, column) => {
    ids.forEach((id, row) => {
      places.set(id, {
        column,
        row,
        x: (column + 0.5) / columns.length,
        y: (row + 0.5) / ids.length,
      });
    });
  });
  return { columns: columns.length, rows, places };
}

/**
 * `layout` in at most `most` columns of even height: neighbouring columns are put together where there are too many, so
 * that what calls still stands left of, or beside, what it calls.
 */
export function foldColumns(layout: MapLayout, most: number): MapLayout {
  if (layout.columns <= most) return layout;
  const perColumn = layout.places.size / most;
  const inOrder = [...layout.places].sort(
    ([a, x], [b, y]) => x.column - y.column || x.row - y.row || (a < b ? -1 : 1),
  );
  const columns: string[][] = Array.from({ length: most }, () => []);
  inOrder.forEach(([id], index) => {
    columns[Math.min(most - 1, Math.floor(index / perColumn))]?.push(id);
  });
  return toPlaces(columns);
}
