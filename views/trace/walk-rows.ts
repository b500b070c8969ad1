import type { HopFolds } from '#views/trace/fold-hops.ts';
import { isFailed, type TraceColumns } from '#views/trace/trace-columns.ts';
import {
  hasChildren,
  type RowState,
  reveal,
  toggled,
  type VisibleRows,
} from '#views/trace/visible-rows.ts';

/** Where the reader stands in the list, and what is open. */
export interface Place {
  readonly item: number;
  readonly state: RowState;
}

interface Ground {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly visible: VisibleRows;
}

/** Index of an item in the list, -1 when nothing is selected. A hidden row is found where it is shown. */
export function indexOfItem(visible: VisibleRows, item: number | undefined): number {
  if (item === undefined) return -1;
  return item >= 0 ? (visible.itemOf[item] ?? -1) : visible.items.indexOf(item);
}

/** `steps` rows down (up when negative), stopping at the ends. */
export function moved({ visible }: Ground, item: number | undefined, steps: number): number {
  const index = indexOfItem(visible, item);
  const next = index < 0 ? 0 : index + steps;
  return visible.items[Math.max(0, Math.min(next, visible.items.length - 1))] ?? 0;
}

/** What the left arrow does in a tree: closes an open row, else goes to the row above it. */
export function leftOf({ columns, folds, visible }: Ground, place: Place): Place {
  const { item, state } = place;
  if (item >= 0 && hasChildren(columns, folds, item) && !state.closed.has(item)) {
    return { item, state: { ...state, closed: toggled(state.closed, item) } };
  }
  const row = item >= 0 ? item : (folds.waits[~item]?.afterRow ?? 0);
  const parent = columns.parent[row] ?? -1;
  const shownAt = parent < 0 ? -1 : (visible.itemOf[parent] ?? -1);
  return { item: shownAt < 0 ? item : (visible.items[shownAt] ?? item), state };
}

/** What the right arrow does in a tree: opens a closed row, else goes to the first below it. */
export function rightOf(ground: Ground, place: Place): Place {
  const { item, state } = place;
  if (item < 0 || !hasChildren(ground.columns, ground.folds, item)) return place;
  if (state.closed.has(item))
    return { item, state: { ...state, closed: toggled(state.closed, item) } };
  return { item: moved(ground, item, 1), state };
}

/** The next failed row after `item`, round the end; undefined when nothing failed. Rows folded into a hop count as it. */
export function nextError(
  columns: TraceColumns,
  folds: HopFolds,
  item: number | undefined,
): number | undefined {
  const from = item === undefined ? -1 : item >= 0 ? item : (folds.waits[~item]?.afterRow ?? -1);
  for (let step = 1; step <= columns.rows; step++) {
    const row = (from + step) % columns.rows;
    if (isFailed(columns, row) && folds.into[row] === -1) return row;
  }
  return undefined;
}

/** `row` selected and in sight; a span that is folded into its hop is shown by it. */
export function goTo(columns: TraceColumns, folds: HopFolds, state: RowState, row: number): Place {
  const hop = folds.into[row] ?? -1;
  const isFolded = hop >= 0 && !state.allOpened && !state.opened.has(hop);
  return { item: isFolded ? hop : row, state: reveal(columns, state, row) };
}
