import type { ServiceEdge } from '#analysis/service-map/service-map.ts';
import type { Box } from './place-map.ts';

/** Where an arrow key leads from a node: along its edges sideways, within its column up and down. */
export function walkMap(
  from: string,
  key: string,
  edges: readonly ServiceEdge[],
  nodes: ReadonlyMap<string, Box>,
): string | undefined {
  const start = nodes.get(from);
  if (start === undefined) return undefined;
  const middle = (box: Box) => box.y + box.height / 2;
  const reach = (id: string) => Math.abs(middle(nodes.get(id) ?? start) - middle(start));
  return targetsOf(from, key, start, edges, nodes).sort((a, b) => reach(a) - reach(b))[0];
}

function targetsOf(
  from: string,
  key: string,
  start: Box,
  edges: readonly ServiceEdge[],
  nodes: ReadonlyMap<string, Box>,
): string[] {
  switch (key) {
    case 'ArrowRight':
      return edges.filter((edge) => edge.client === from).map((edge) => edge.server);
    case 'ArrowLeft':
      return edges.filter((edge) => edge.server === from).map((edge) => edge.client);
    case 'ArrowUp':
    case 'ArrowDown':
      return [...nodes].flatMap(([id, box]) =>
        box.x === start.x && id !== from && box.y > start.y === (key === 'ArrowDown') ? [id] : [],
      );
    default:
      return [];
  }
}
