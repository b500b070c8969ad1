import type { HopFolds } from '#views/trace/fold-hops.ts';
import {
  hasFlag,
  isAnswer,
  isCall,
  ROW_LOOKUP,
  ROW_MISSING,
  ROW_PROXY,
  type TraceColumns,
  textAt,
} from '#views/trace/trace-columns.ts';

export interface RowLabel {
  readonly strong: string;
  readonly quiet: string;
}

/** What a row is called: who, then what. */
export function rowLabel(columns: TraceColumns, folds: HopFolds, row: number): RowLabel {
  const name = textAt(columns, columns.name, row);
  if (hasFlag(columns, row, ROW_MISSING)) return { strong: 'not received', quiet: `span ${name}` };
  const attempt = folds.attempt[row] ?? 0;
  if (attempt > 0) {
    return { strong: `attempt ${attempt}`, quiet: textAt(columns, columns.address, row) };
  }
  if (hasFlag(columns, row, ROW_LOOKUP)) {
    return {
      strong: `${whoAt(columns, row)} resolves`,
      quiet: textAt(columns, columns.peer, row),
    };
  }
  const callee = calleeAt(columns, folds, row);
  if (callee !== '') {
    return { strong: `${textAt(columns, columns.service, row)} → ${callee}`, quiet: name };
  }
  if (hasFlag(columns, row, ROW_PROXY)) {
    return { strong: `${whoAt(columns, row)} sidecar`, quiet: sidecarSide(columns, row) };
  }
  return { strong: whoAt(columns, row), quiet: name };
}

/** The callee of a hop: its service, or the address that was called; '' when the row is no hop. */
export function calleeAt(columns: TraceColumns, folds: HopFolds, row: number): string {
  const routedBy = folds.routedBy[row] ?? -1;
  if (routedBy < 0) return '';
  const child = row + 1;
  if (child < (columns.subtreeEnd[row] ?? 0) && isAnswer(columns, child) && routedBy === row) {
    return textAt(columns, columns.service, child);
  }
  return textAt(columns, columns.peer, routedBy) || textAt(columns, columns.address, routedBy);
}

/** The instance where its name tells more than the service's own and is made to be read, else the service. */
export function whoAt(columns: TraceColumns, row: number): string {
  const service = textAt(columns, columns.service, row);
  const instance = textAt(columns, columns.instance, row);
  return instance.startsWith(service) ? instance : service;
}

function sidecarSide(columns: TraceColumns, row: number): string {
  if (isCall(columns, row)) return textAt(columns, columns.name, row);
  const parent = columns.parent[row] ?? -1;
  const fromOwn = parent >= 0 && columns.service[parent] === columns.service[row];
  return fromOwn ? 'outbound' : 'inbound';
}
