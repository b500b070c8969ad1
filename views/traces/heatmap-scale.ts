/** Durations over time as counts: cell (column, row) stands at `row * columns + column`, row 0 is the shortest. */
export interface DurationHeatmap {
  readonly columns: number;
  readonly rows: number;
  /** The lower edge of row 0 and the upper edge of the last row; rows are even in the logarithm. */
  readonly minNs: number;
  readonly maxNs: number;
  readonly counts: readonly number[];
  readonly errors: readonly number[];
}

/** Whole cells, `to…` excluded. */
export interface CellBox {
  readonly fromColumn: number;
  readonly toColumn: number;
  readonly fromRow: number;
  readonly toRow: number;
}

/** The duration at an edge between rows, `edge` in 0..rows. */
export function durationAtEdge(map: DurationHeatmap, edge: number): number {
  return map.minNs * (map.maxNs / map.minNs) ** (edge / map.rows);
}

/** 0 at the shortest, 1 at the longest; outside when the duration is. */
export function positionOf(map: DurationHeatmap, ns: number): number {
  return Math.log(ns / map.minNs) / Math.log(map.maxNs / map.minNs);
}

/** The box of cells between two points in 0..1 (y from the top): it snaps to cell edges and holds at least one cell. */
export function boxBetween(
  map: DurationHeatmap,
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
): CellBox {
  const columns = [a.x, b.x].map((x) => clampCell(x * map.columns, map.columns));
  const rows = [a.y, b.y].map((y) => clampCell((1 - y) * map.rows, map.rows));
  return {
    fromColumn: Math.min(...columns),
    toColumn: Math.max(...columns) + 1,
    fromRow: Math.min(...rows),
    toRow: Math.max(...rows) + 1,
  };
}

function clampCell(value: number, cells: number): number {
  return Math.max(0, Math.min(cells - 1, Math.floor(value)));
}

export function countIn(map: DurationHeatmap, box: CellBox) {
  let count = 0;
  let errors = 0;
  for (let row = box.fromRow; row < box.toRow; row++) {
    for (let column = box.fromColumn; column < box.toColumn; column++) {
      count += map.counts[row * map.columns + column] ?? 0;
      errors += map.errors[row * map.columns + column] ?? 0;
    }
  }
  return { count, errors };
}

/** Round durations inside the range: 1, 5, 25, 100 … in each decade 1, 2 and 5 while few. */
export function durationMarks(map: DurationHeatmap): readonly number[] {
  const decades = Math.log10(map.maxNs / map.minNs);
  const factors = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const marks: number[] = [];
  for (let power = Math.floor(Math.log10(map.minNs)); power <= Math.log10(map.maxNs); power++) {
    for (const factor of factors) marks.push(factor * 10 ** power);
  }
  return marks.filter((ns) => ns >= map.minNs && ns <= map.maxNs);
}

/** Of all that is counted, so much at the short end may be left out. */
const CROPPED_SHARE = 0.002;

/**
 * Without the rows at the short end that hold next to nothing: a few spans without length would press all others into
 * the upper half. `left` is what is left out.
 */
export function cropped(map: DurationHeatmap): {
  readonly map: DurationHeatmap;
  readonly left: number;
} {
  const total = map.counts.reduce((sum, count) => sum + count, 0);
  const all = { fromColumn: 0, toColumn: map.columns };
  let rows = 0;
  let left = 0;
  for (let row = 0; row < map.rows - 1; row++) {
    const next = left + countIn(map, { ...all, fromRow: row, toRow: row + 1 }).count;
    if (next > total * CROPPED_SHARE) break;
    rows = row + 1;
    left = next;
  }
  const skip = rows * map.columns;
  const kept = {
    ...map,
    rows: map.rows - rows,
    minNs: durationAtEdge(map, rows),
    counts: map.counts.slice(skip),
    errors: map.errors.slice(skip),
  };
  return { map: kept, left };
}

/** At most `rows` rows, whole ones put together; the last may reach beyond the longest duration. */
export function coarser(map: DurationHeatmap, rows: number): DurationHeatmap {
  const factor = Math.ceil(map.rows / rows);
  if (factor <= 1) return map;
  const count = Math.ceil(map.rows / factor);
  const fold = (values: readonly number[]): readonly number[] => {
    const sums = new Array<number>(count * map.columns).fill(0);
    for (const [i, value] of values.entries()) {
      const row = Math.floor(Math.floor(i / map.columns) / factor);
      const cell = row * map.columns + (i % map.columns);
      sums[cell] = (sums[cell] ?? 0) + value;
    }
    return sums;
  };
  return {
    ...map,
    rows: count,
    maxNs: durationAtEdge(map, count * factor),
    counts: fold(map.counts),
    errors: fold(map.errors),
  };
}
