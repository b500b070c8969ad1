import {
  childRows,
  endNsAt,
  hasFlag,
  isAnswer,
  isCall,
  ROW_PROXY,
  type TraceColumns,
} from '#views/trace/trace-columns.ts';

/** A stretch in which a caller held back before it tried again: no span says so, it is what lies between the tries. */
export interface Wait {
  /** The try before it. */
  readonly afterRow: number;
  readonly startNs: number;
  readonly lengthNs: number;
}

/**
 * Which rows stand for one hop. A call through sidecars is four spans that say one thing:
 *
 *   gateway → song        CLIENT   the application's call                 the hop's row
 *     gateway sidecar     SERVER   outbound                               folded
 *       gateway sidecar   CLIENT   the one attempt, has mesh.routing.…    folded; routes the hop
 *         song sidecar    SERVER   inbound                                folded
 *           song          SERVER   the handler                            shown as the hop's child
 *
 * Several attempts are each a row of their own, with the waits between them; the last one routes the hop.
 */
export interface HopFolds {
  /** Row of the hop that a row is folded into, or -1. */
  readonly into: Int32Array;
  /** Rows folded into a hop; 0 for every other row. */
  readonly folded: Uint16Array;
  /** The row that says how a hop was routed; -1 when the row is no hop. */
  readonly routedBy: Int32Array;
  /** 1, 2, … for a try among several; 0 for every other row. */
  readonly attempt: Uint16Array;
  readonly waits: readonly Wait[];
}

/** A pause shorter than this between two tries is the work of trying, not a back-off. */
const MIN_WAIT_NS = 1_000_000;

export function foldHops(columns: TraceColumns): HopFolds {
  const folds = {
    into: new Int32Array(columns.rows).fill(-1),
    folded: new Uint16Array(columns.rows),
    routedBy: new Int32Array(columns.rows).fill(-1),
    attempt: new Uint16Array(columns.rows),
    waits: [] as Wait[],
  };
  for (let row = 0; row < columns.rows; row++) {
    if (!isCall(columns, row) || folds.into[row] !== -1 || folds.routedBy[row] !== -1) continue;
    foldHop(columns, folds, row);
  }
  return folds;
}

type Draft = { -readonly [Key in keyof HopFolds]: HopFolds[Key] } & { waits: Wait[] };

function foldHop(columns: TraceColumns, folds: Draft, hop: number): void {
  const outbound = ownSidecar(columns, hop);
  if (outbound === undefined) {
    folds.routedBy[hop] = hop;
    foldInbound(columns, folds, hop, hop);
    return;
  }
  fold(folds, outbound, hop);
  const attempts = childRows(columns, outbound).filter((row) => isCall(columns, row));
  const [only] = attempts;
  folds.routedBy[hop] = attempts.at(-1) ?? hop;
  if (only !== undefined && attempts.length === 1) {
    fold(folds, only, hop);
    foldInbound(columns, folds, only, hop);
    return;
  }
  for (const [i, row] of attempts.entries()) {
    folds.attempt[row] = i + 1;
    folds.routedBy[row] = row;
    foldInbound(columns, folds, row, row);
    addWait(columns, folds.waits, row, attempts[i + 1]);
  }
}

function fold(folds: Draft, row: number, hop: number): void {
  folds.into[row] = hop;
  folds.folded[hop] = (folds.folded[hop] ?? 0) + 1;
}

/** The caller's own sidecar, when the call went through one. */
function ownSidecar(columns: TraceColumns, call: number): number | undefined {
  if (hasFlag(columns, call, ROW_PROXY)) return undefined;
  return childRows(columns, call).find(
    (row) =>
      hasFlag(columns, row, ROW_PROXY) &&
      isAnswer(columns, row) &&
      columns.service[row] === columns.service[call],
  );
}

/** The callee's sidecar stands before its application and says the same again. */
function foldInbound(columns: TraceColumns, folds: Draft, call: number, hop: number): void {
  const inbound = childRows(columns, call).find(
    (row) =>
      hasFlag(columns, row, ROW_PROXY) &&
      isAnswer(columns, row) &&
      columns.service[row] !== columns.service[call],
  );
  if (inbound !== undefined) fold(folds, inbound, hop);
}

function addWait(
  columns: TraceColumns,
  waits: Wait[],
  row: number,
  next: number | undefined,
): void {
  if (next === undefined) return;
  const startNs = endNsAt(columns, row);
  const lengthNs = (columns.startNs[next] ?? 0) - startNs;
  if (lengthNs >= MIN_WAIT_NS) waits.push({ afterRow: row, startNs, lengthNs });
}
