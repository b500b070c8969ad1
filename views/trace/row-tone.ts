import { routingLook } from '#views/theme/routing-look.ts';
import {
  hasFlag,
  isCall,
  isFailed,
  modeAt,
  ROW_LOOKUP,
  type TraceColumns,
} from '#views/trace/trace-columns.ts';

/** The colour token of a span where only a bar is drawn: failed before routed before neutral. */
export function rowTone(columns: TraceColumns, row: number): string {
  if (isFailed(columns, row)) return 'crit';
  if (hasFlag(columns, row, ROW_LOOKUP)) return 'dns';
  if (!isCall(columns, row)) return 'plain';
  return routingLook(modeAt(columns, row)).hue;
}
