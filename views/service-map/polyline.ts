export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A sampled curve with the length walked at each sample. */
export interface Polyline {
  readonly points: readonly Point[];
  readonly lengths: readonly number[];
  readonly length: number;
}

const SAMPLES_PER_CURVE = 22;

/**
 * A smooth line through `stops` that leaves and enters each of them horizontally; straight where two stops are level.
 */
export function traceCurve(stops: readonly Point[]): Polyline {
  const points: Point[] = [];
  for (let i = 1; i < stops.length; i++) {
    const from = stops[i - 1];
    const to = stops[i];
    if (from === undefined || to === undefined) continue;
    if (i === 1) points.push(from);
    if (Math.abs(from.y - to.y) < 0.5) points.push(to);
    else pushCurve(points, from, to);
  }
  return toPolyline(points);
}

export function toPolyline(points: readonly Point[]): Polyline {
  const lengths: number[] = [];
  let length = 0;
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (before !== undefined) length += Math.hypot(point.x - before.x, point.y - before.y);
    lengths.push(length);
  });
  return { points, lengths, length };
}

/** The place `distance` px along the line, held inside its ends, and the direction there (unit vector). */
export function pointAlong(line: Polyline, distance: number): Point & { dx: number; dy: number } {
  const i = segmentAt(line.lengths, distance);
  const from = line.points[i] ?? { x: 0, y: 0 };
  const to = line.points[i + 1] ?? from;
  const start = line.lengths[i] ?? 0;
  const size = (line.lengths[i + 1] ?? start) - start || 1;
  const share = Math.max(0, Math.min(1, (distance - start) / size));
  const dx = (to.x - from.x) / size;
  const dy = (to.y - from.y) / size;
  return { x: from.x + dx * size * share, y: from.y + dy * size * share, dx, dy };
}

/** The part of a line between two distances. */
export function cutLine(line: Polyline, from: number, to: number): Polyline {
  const inner = line.points.filter((_, i) => {
    const at = line.lengths[i] ?? 0;
    return at > from && at < to;
  });
  return toPolyline([pointAlong(line, from), ...inner, pointAlong(line, to)]);
}

/** The same line, moved sideways: to the right of its direction when positive. */
export function offsetLine(line: Polyline, by: number): Polyline {
  if (by === 0) return line;
  return toPolyline(
    line.points.map((point, i) => {
      const before = line.points[i - 1] ?? point;
      const after = line.points[i + 1] ?? point;
      const size = Math.hypot(after.x - before.x, after.y - before.y) || 1;
      return {
        x: point.x - ((after.y - before.y) / size) * by,
        y: point.y + ((after.x - before.x) / size) * by,
      };
    }),
  );
}

/** Shortest distance from a point to the line. */
export function distanceTo(line: Polyline, at: Point): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 1; i < line.points.length; i++) {
    const from = line.points[i - 1];
    const to = line.points[i];
    if (from !== undefined && to !== undefined) best = Math.min(best, toSegment(from, to, at));
  }
  return best;
}

function toSegment(from: Point, to: Point, at: Point): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const square = dx * dx + dy * dy || 1;
  const share = Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / square));
  return Math.hypot(at.x - from.x - dx * share, at.y - from.y - dy * share);
}

function segmentAt(lengths: readonly number[], distance: number): number {
  let low = 0;
  let high = Math.max(0, lengths.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lengths[middle] ?? 0) <= distance) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Cubic Bézier with horizontal handles of half the way, sampled evenly in its parameter. */
function pushCurve(points: Point[], from: Point, to: Point): void {
  const reach = Math.max(18, Math.abs(to.x - from.x) * 0.5) * Math.sign(to.x - from.x || 1);
  for (let i = 1; i <= SAMPLES_PER_CURVE; i++) {
    const t = i / SAMPLES_PER_CURVE;
    const u = 1 - t;
    const a = u * u * u;
    const b = 3 * u * u * t;
    const c = 3 * u * t * t;
    const d = t * t * t;
    points.push({
      x: a * from.x + b * (from.x + reach) + c * (to.x - reach) + d * to.x,
      y: a * from.y + b * from.y + c * to.y + d * to.y,
    });
  }
}
