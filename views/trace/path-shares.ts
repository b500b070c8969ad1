import type { HopFolds } from '#views/trace/fold-hops.ts';
import { type TraceColumns, textAt } from '#views/trace/trace-columns.ts';

/** A stretch of the critical path by what it was spent on. */
export interface PathPart {
  readonly kind: 'waiting' | 'service';
  /** The service, or 'waiting'. */
  readonly name: string;
  readonly row: number;
  readonly startNs: number;
  readonly lengthNs: number;
}

/** The critical path in time order; time between two attempts is waiting, whoever's span it lies in. */
export function pathParts(columns: TraceColumns, folds: HopFolds): readonly PathPart[] {
  const parts: PathPart[] = [];
  for (const [i, row] of columns.pathRow.entries()) {
    const startNs = columns.pathStartNs[i] ?? 0;
    const endNs = columns.pathEndNs[i] ?? 0;
    const name = textAt(columns, columns.service, row);
    parts.push(
      ...cutWaits({ kind: 'service', name, row, startNs, lengthNs: endNs - startNs }, folds),
    );
  }
  return parts;
}

function cutWaits(part: PathPart, folds: HopFolds): readonly PathPart[] {
  const end = part.startNs + part.lengthNs;
  const parts: PathPart[] = [];
  let cursor = part.startNs;
  for (const wait of folds.waits) {
    const from = Math.max(cursor, wait.startNs);
    const to = Math.min(end, wait.startNs + wait.lengthNs);
    if (to <= from) continue;
    if (from > cursor) parts.push({ ...part, startNs: cursor, lengthNs: from - cursor });
    parts.push({ ...part, kind: 'waiting', name: 'waiting', startNs: from, lengthNs: to - from });
    cursor = to;
  }
  if (end > cursor) parts.push({ ...part, startNs: cursor, lengthNs: end - cursor });
  return parts;
}

export interface PathShare {
  readonly name: string;
  readonly lengthNs: number;
  /** Of the whole path, 0..1. */
  readonly share: number;
}

/** What the path was spent on, longest first. */
export function pathShares(parts: readonly PathPart[]): readonly PathShare[] {
  const byName = new Map<string, number>();
  for (const part of parts) byName.set(part.name, (byName.get(part.name) ?? 0) + part.lengthNs);
  const total = parts.reduce((sum, part) => sum + part.lengthNs, 0);
  return [...byName]
    .map(([name, lengthNs]) => ({ name, lengthNs, share: total === 0 ? 0 : lengthNs / total }))
    .sort((a, b) => b.lengthNs - a.lengthNs);
}
