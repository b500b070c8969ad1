import type { Box } from './place-map.ts';
import { type Point, type Polyline, pointAlong } from './polyline.ts';

export interface LabelSize {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** A broken edge is labelled near its break. */
  readonly near?: Point;
  /** Left out rather than laid over a node or another label. */
  readonly isOptional?: boolean;
}

const SHARES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
const SIDES = [-1, 1];
const CLEAR_PX = 9;
/** So much of a side may lie over another box before an optional label is left out. */
const TOLERATED_PX = 10;
/** Words under a node are lost; words on a line are only less easy. */
const WEIGHTS = { node: 30, label: 6 } as const;

/**
 * The centre of each label beside its edge: the first place along it that covers neither node nor label nor another
 * edge's middle (unless told to let lines be), else the one that covers least. Depends on places and sizes only.
 */
export function placeLabels(
  labels: readonly LabelSize[],
  routes: ReadonlyMap<string, Polyline>,
  nodes: readonly Box[],
  avoidsLines = true,
): ReadonlyMap<string, Point> {
  const placed = new Map<string, Point>();
  const covers: { box: Box; weight: number }[] = nodes.map((box) => ({
    box: grow(box, 4),
    weight: WEIGHTS.node,
  }));
  for (const label of labels) {
    const route = routes.get(label.id);
    if (route === undefined) continue;
    const others = avoidsLines
      ? [...routes].flatMap(([id, line]) => (id === label.id ? [] : [line]))
      : [];
    const best = bestPlace(label, route, covers, others);
    if (label.isOptional === true && isCovered(boxAround(best, label), covers)) continue;
    placed.set(label.id, best);
    covers.push({ box: boxAround(best, label), weight: WEIGHTS.label });
  }
  return placed;
}

function bestPlace(
  label: LabelSize,
  route: Polyline,
  covers: readonly { readonly box: Box; readonly weight: number }[],
  others: readonly Polyline[],
): Point {
  let best: Point = pointAlong(route, route.length / 2);
  let bestCost = Number.POSITIVE_INFINITY;
  for (const candidate of candidates(label, route)) {
    const box = boxAround(candidate, label);
    const cost =
      covers.reduce((sum, cover) => sum + overlap(box, cover.box) * cover.weight, 0) +
      others.reduce((sum, line) => sum + covered(box, line), 0);
    if (cost < bestCost - 0.5) {
      best = candidate;
      bestCost = cost;
    }
    if (cost === 0) break;
  }
  return best;
}

function isCovered(box: Box, covers: readonly { readonly box: Box }[]): boolean {
  return covers.some((cover) => overlap(box, cover.box) > TOLERATED_PX);
}

function candidates(label: LabelSize, route: Polyline): readonly Point[] {
  const start = label.near === undefined ? [] : around(label.near, label);
  const beside = SHARES.flatMap((share) => {
    const { x, y, dx, dy } = pointAlong(route, route.length * share);
    return SIDES.map((side) => {
      // Far enough along the normal for the label's box to clear the line.
      const reach = (Math.abs(dy) * label.width + Math.abs(dx) * label.height) / 2 + CLEAR_PX;
      return { x: x - dy * reach * side * -1, y: y + dx * reach * side };
    });
  });
  return [...start, ...beside];
}

function around({ x, y }: Point, { width, height }: LabelSize): readonly Point[] {
  const away = 12;
  return [
    { x, y: y - height / 2 - away },
    { x: x + width / 2 + away, y: y - height / 2 - 4 },
    { x, y: y + height / 2 + away },
    { x: x + width / 2 + away, y: y + height / 2 + 4 },
    { x: x - width / 2 - away, y: y - height / 2 - 4 },
    { x: x - width / 2 + 6, y: y - height / 2 - away },
  ];
}

function boxAround({ x, y }: Point, { width, height }: LabelSize): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function grow(box: Box, by: number): Box {
  return {
    x: box.x - by,
    y: box.y - by,
    width: box.width + 2 * by,
    height: box.height + 2 * by,
  };
}

/** Square root of the common area: a length, like `covered`. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? Math.sqrt(width * height) : 0;
}

/** Length of the line inside the box, roughly: samples are near each other. */
function covered(box: Box, line: Polyline): number {
  let length = 0;
  line.points.forEach((point, i) => {
    const before = line.points[i - 1];
    if (before === undefined || !contains(box, point, before)) return;
    length += Math.min(box.width, Math.hypot(point.x - before.x, point.y - before.y));
  });
  return length;
}

/** True when a short segment meets the box: either end inside, or a long one that crosses its middle. */
function contains(box: Box, a: Point, b: Point): boolean {
  const inside = (point: Point) =>
    point.x > box.x &&
    point.x < box.x + box.width &&
    point.y > box.y &&
    point.y < box.y + box.height;
  if (inside(a) || inside(b)) return true;
  const left = Math.max(box.x, Math.min(a.x, b.x));
  const right = Math.min(box.x + box.width, Math.max(a.x, b.x));
  if (left >= right || a.x === b.x) return false;
  const at = (x: number) => a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
  return inside({ x: (left + right) / 2, y: at((left + right) / 2) });
}
