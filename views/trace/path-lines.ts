import type { HopFolds } from '#views/trace/fold-hops.ts';
import { pathParts } from '#views/trace/path-shares.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';
import type { VisibleRows } from '#views/trace/visible-rows.ts';
import type { PathLine } from '#views/trace/waterfall-row.tsx';

/** With more stretches than this the steps between them would be a grey wall: only the stretches are drawn. */
const MAX_STEPS = 400;

/**
 * The critical path by list index: stretches lie under the bar of the row that shows their span, and a thin line steps
 * through the rows between two stretches.
 */
export function pathLines(
  columns: TraceColumns,
  folds: HopFolds,
  visible: VisibleRows,
): ReadonlyMap<number, readonly PathLine[]> {
  const lines = new Map<number, PathLine[]>();
  const add = (index: number, line: PathLine): void => {
    const at = lines.get(index);
    if (at === undefined) lines.set(index, [line]);
    else at.push(line);
  };
  const parts = placeParts(columns, folds, visible);
  for (const { index, startNs, lengthNs } of parts) add(index, { startNs, lengthNs });
  if (parts.length <= MAX_STEPS) addSteps(parts, add);
  for (const [index, list] of lines) lines.set(index, merged(list));
  return lines;
}

interface PlacedPart extends PathLine {
  readonly index: number;
}

/** A wait that has a row of its own is drawn there, not in the span that waited. */
function placeParts(
  columns: TraceColumns,
  folds: HopFolds,
  visible: VisibleRows,
): readonly PlacedPart[] {
  const waitIndex = new Map<number, number>();
  for (const [index, item] of visible.items.entries()) {
    const wait = item < 0 ? folds.waits[~item] : undefined;
    if (wait !== undefined) waitIndex.set(wait.startNs, index);
  }
  return pathParts(columns, folds).flatMap(({ kind, row, startNs, lengthNs }) => {
    const own = visible.itemOf[row] ?? -1;
    const index = kind === 'waiting' ? (waitIndex.get(startNs) ?? own) : own;
    return index < 0 ? [] : [{ index, startNs, lengthNs }];
  });
}

function addSteps(
  parts: readonly PlacedPart[],
  add: (index: number, line: PathLine) => void,
): void {
  for (const [i, part] of parts.entries()) {
    const before = parts[i - 1]?.index ?? part.index;
    const last = Math.max(before, part.index);
    for (let between = Math.min(before, part.index) + 1; between < last; between++) {
      add(between, { startNs: part.startNs, lengthNs: 0 });
    }
  }
}

/** Stretches of spans folded into one row that touch become one; a step is kept once. */
function merged(list: readonly PathLine[]): PathLine[] {
  const sorted = [...list].sort((a, b) => a.startNs - b.startNs || b.lengthNs - a.lengthNs);
  const result: PathLine[] = [];
  for (const line of sorted) {
    const before = result.at(-1);
    const touches = before !== undefined && line.startNs <= before.startNs + before.lengthNs;
    if (!touches || before === undefined) {
      result.push(line);
      continue;
    }
    const endNs = Math.max(before.startNs + before.lengthNs, line.startNs + line.lengthNs);
    result[result.length - 1] = { startNs: before.startNs, lengthNs: endNs - before.startNs };
  }
  return result;
}
