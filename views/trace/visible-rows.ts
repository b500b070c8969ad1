import type { HopFolds } from '#views/trace/fold-hops.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';

/** What the reader has opened and closed. */
export interface RowState {
  /** Rows whose subtree is hidden. */
  readonly closed: ReadonlySet<number>;
  /** Hops whose folded spans are shown. */
  readonly opened: ReadonlySet<number>;
  readonly allOpened: boolean;
}

export const ALL_FOLDED: RowState = { closed: new Set(), opened: new Set(), allOpened: false };

/** The list that the waterfall shows, top to bottom. */
export interface VisibleRows {
  /** A row of the trace, or ~i for the wait `folds.waits[i]`. */
  readonly items: Int32Array;
  /** 1 for a root, as aria-level counts. */
  readonly levels: Uint32Array;
  /** The item that shows a row: its own, its hop's, or that of the closed row above it. */
  readonly itemOf: Int32Array;
}

/** One pass over the rows: about a millisecond for 100,000. */
export function visibleRows(columns: TraceColumns, folds: HopFolds, state: RowState): VisibleRows {
  const items = new Int32Array(columns.rows + folds.waits.length);
  const levels = new Uint32Array(items.length);
  const itemOf = new Int32Array(columns.rows).fill(-1);
  const levelOf = new Uint32Array(columns.rows);
  const waitAt = waitsByEnd(columns, folds);
  let count = 0;
  const push = (item: number, level: number): void => {
    items[count] = item;
    levels[count] = level;
    count++;
  };
  const pushWaits = (row: number): void => {
    for (const { wait, level } of waitAt(row, levelOf)) push(~wait, level);
  };
  for (let row = 0; row < columns.rows; ) {
    const parent = columns.parent[row] ?? -1;
    const level = parent < 0 ? 0 : (levelOf[parent] ?? 0);
    const hop = folds.into[row] ?? -1;
    const hidden = hop >= 0 && !state.allOpened && !state.opened.has(hop);
    levelOf[row] = hidden ? level : level + 1;
    itemOf[row] = hidden ? (itemOf[hop] ?? -1) : count;
    if (!hidden) push(row, level + 1);
    const next = state.closed.has(row) && !hidden ? (columns.subtreeEnd[row] ?? row + 1) : row + 1;
    itemOf.fill(itemOf[row] ?? -1, row + 1, next);
    pushWaits(next);
    row = next;
  }
  return { items: items.subarray(0, count), levels: levels.subarray(0, count), itemOf };
}

/** Waits that come where the subtree of their try ends. */
function waitsByEnd(columns: TraceColumns, folds: HopFolds) {
  const byEnd = new Map<number, number[]>();
  for (const [i, wait] of folds.waits.entries()) {
    const end = columns.subtreeEnd[wait.afterRow] ?? 0;
    byEnd.set(end, [...(byEnd.get(end) ?? []), i]);
  }
  return (end: number, levelOf: Uint32Array) =>
    (byEnd.get(end) ?? []).flatMap((wait) => {
      const after = folds.waits[wait]?.afterRow ?? 0;
      const level = levelOf[after] ?? 0;
      return level === 0 ? [] : [{ wait, level }];
    });
}

/** True when the row has something below it to close. */
export function hasChildren(columns: TraceColumns, folds: HopFolds, row: number): boolean {
  const end = columns.subtreeEnd[row] ?? 0;
  for (let below = row + 1; below < end; below++) {
    if (folds.into[below] !== row) return true;
  }
  return false;
}

/** Opens what hides `row`: every closed row above it. */
export function reveal(columns: TraceColumns, state: RowState, row: number): RowState {
  const closed = new Set(state.closed);
  for (let up = columns.parent[row] ?? -1; up >= 0; up = columns.parent[up] ?? -1)
    closed.delete(up);
  return closed.size === state.closed.size ? state : { ...state, closed };
}

/** Adds the member, or takes it out. */
export function toggled(set: ReadonlySet<number>, member: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(member)) next.add(member);
  return next;
}
