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

/** One pass over the rows: a few milliseconds for 100,000. */
export function visibleRows(columns: TraceColumns, folds: HopFolds, state: RowState): VisibleRows {
  const list = new RowList(columns.rows, folds.waits.length);
  const waitsAt = waitsByEnd(columns, folds);
  for (let row = 0; row < columns.rows; ) {
    const parent = columns.parent[row] ?? -1;
    const hidden = isHidden(folds, state, row);
    if (hidden) list.addInside(row, folds.into[row] ?? -1, parent);
    else list.add(row, parent);
    const closed = state.closed.has(row) && !hidden;
    const next = closed ? (columns.subtreeEnd[row] ?? row + 1) : row + 1;
    list.hide(row, next);
    for (const wait of waitsAt.get(next) ?? []) {
      list.addWait(wait, folds.waits[wait]?.afterRow ?? 0);
    }
    row = next;
  }
  return list.done();
}

/** True for a span that its hop stands for. */
function isHidden(folds: HopFolds, state: RowState, row: number): boolean {
  const hop = folds.into[row] ?? -1;
  return hop >= 0 && !state.allOpened && !state.opened.has(hop);
}

class RowList {
  readonly #items: Int32Array;
  readonly #levels: Uint32Array;
  readonly #itemOf: Int32Array;
  /** Of each row; 0 for one that was not reached. */
  readonly #levelOf: Uint32Array;
  #count = 0;

  constructor(rows: number, waits: number) {
    this.#items = new Int32Array(rows + waits);
    this.#levels = new Uint32Array(rows + waits);
    this.#itemOf = new Int32Array(rows).fill(-1);
    this.#levelOf = new Uint32Array(rows);
  }

  add(row: number, parent: number): void {
    const level = (this.#levelOf[parent] ?? 0) + 1;
    this.#levelOf[row] = level;
    this.#itemOf[row] = this.#count;
    this.#push(row, level);
  }

  /** The row is shown by its hop; its children stand where it would have stood. */
  addInside(row: number, hop: number, parent: number): void {
    this.#levelOf[row] = this.#levelOf[parent] ?? 0;
    this.#itemOf[row] = this.#itemOf[hop] ?? -1;
  }

  /** Rows after `row` and before `end` are shown by it. */
  hide(row: number, end: number): void {
    this.#itemOf.fill(this.#itemOf[row] ?? -1, row + 1, end);
  }

  addWait(wait: number, afterRow: number): void {
    const level = this.#levelOf[afterRow] ?? 0;
    if (level > 0) this.#push(~wait, level);
  }

  done(): VisibleRows {
    return {
      items: this.#items.subarray(0, this.#count),
      levels: this.#levels.subarray(0, this.#count),
      itemOf: this.#itemOf,
    };
  }

  #push(item: number, level: number): void {
    this.#items[this.#count] = item;
    this.#levels[this.#count] = level;
    this.#count++;
  }
}

/** Waits by the row at which the subtree of their try ends. */
function waitsByEnd(
  columns: TraceColumns,
  folds: HopFolds,
): ReadonlyMap<number, readonly number[]> {
  const byEnd = new Map<number, number[]>();
  for (const [i, wait] of folds.waits.entries()) {
    const end = columns.subtreeEnd[wait.afterRow] ?? 0;
    byEnd.set(end, [...(byEnd.get(end) ?? []), i]);
  }
  return byEnd;
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
