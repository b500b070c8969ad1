import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';
import { SPAN_KINDS, SPAN_STATUSES, type SpanKind, type SpanStatus } from '#telemetry/span.ts';
import type { UnixNano } from '#telemetry/time.ts';

/**
 * One trace in columns, rows in the order of the waterfall (a parent, then its children by start), so that a trace of
 * 100,000 spans crosses to the browser as a few typed arrays and needs no further sorting there:
 *
 *   row  depth  subtreeEnd
 *    0     0        4        gateway
 *    1     1        3          playlist      the subtree of row r is r … subtreeEnd[r] − 1
 *    2     2        3            song
 *    3     1        4          login
 *
 * Text columns hold indices into `strings`; index 0 is the empty string.
 */
export interface TraceColumns {
  readonly traceId: string;
  /** Of the earliest span; every `…Ns` column counts from here. */
  readonly startUnixNano: UnixNano;
  readonly durationNs: number;
  readonly rows: number;
  readonly strings: readonly string[];
  /** Two 32-bit halves a row. All zero on the row of a span that never arrived. */
  readonly spanIds: Uint32Array;
  /** Row of the parent, -1 for a root. */
  readonly parent: Int32Array;
  readonly depth: Uint32Array;
  readonly subtreeEnd: Uint32Array;
  readonly startNs: Float64Array;
  readonly lengthNs: Float64Array;
  readonly service: Uint32Array;
  readonly instance: Uint32Array;
  readonly name: Uint32Array;
  readonly peer: Uint32Array;
  readonly address: Uint32Array;
  readonly version: Uint32Array;
  readonly errorType: Uint32Array;
  /** HTTP or gRPC status, or the status message of a failed span without one. */
  readonly answer: Uint32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  readonly mode: Uint8Array;
  /** Bits of `ROW_…`. */
  readonly flags: Uint8Array;
  /** Age of the configuration that routed a hop, -1 where it was not stated. */
  readonly configAgeMs: Float64Array;
  /** The critical path in time order: section i lies in row `pathRow[i]`. */
  readonly pathRow: Uint32Array;
  readonly pathStartNs: Float64Array;
  readonly pathEndNs: Float64Array;
  readonly missingParents: number;
  /** Spans whose process has a clock so wrong that an answer begins before its question; bars are drawn as sent. */
  readonly skew: { readonly spans: number; readonly maxNs: number } | undefined;
}

/** The span stands for a parent that has not arrived. */
export const ROW_MISSING = 1;
/** Reported by a sidecar. */
export const ROW_PROXY = 2;
/** A lookup of a name. */
export const ROW_LOOKUP = 4;

export function textAt(columns: TraceColumns, column: Uint32Array, row: number): string {
  return columns.strings[column[row] ?? 0] ?? '';
}

export function spanIdAt(columns: TraceColumns, row: number): string {
  const hex = (half: number) => half.toString(16).padStart(8, '0');
  return hex(columns.spanIds[row * 2] ?? 0) + hex(columns.spanIds[row * 2 + 1] ?? 0);
}

type SpanIds = Pick<TraceColumns, 'spanIds' | 'rows'>;

/** The row of a span, -1 when the trace has no such span. */
export function rowOfSpan(columns: SpanIds, spanId: string): number {
  const high = Number.parseInt(spanId.slice(0, 8), 16);
  const low = Number.parseInt(spanId.slice(8, 16), 16);
  for (let row = 0; row < columns.rows; row++) {
    if (columns.spanIds[row * 2] === high && columns.spanIds[row * 2 + 1] === low) return row;
  }
  return -1;
}

/** `rowOfSpan` for many spans at once. */
export function rowIndex(columns: SpanIds): (spanId: string) => number {
  const rows = new Map<number, number>();
  for (let row = 0; row < columns.rows; row++) {
    rows.set(shortKey(columns.spanIds[row * 2] ?? 0, columns.spanIds[row * 2 + 1] ?? 0), row);
  }
  return (spanId) => {
    const high = Number.parseInt(spanId.slice(0, 8), 16);
    const low = Number.parseInt(spanId.slice(8, 16), 16);
    const row = rows.get(shortKey(high, low));
    if (row === undefined) return -1;
    const isIt = columns.spanIds[row * 2] === high && columns.spanIds[row * 2 + 1] === low;
    // Two ids that differ in their last bits alone share a key.
    return isIt ? row : rowOfSpan(columns, spanId);
  };
}

/** 52 of the 64 bits: as many as a number holds exactly. */
function shortKey(high: number, low: number): number {
  return high * 2 ** 20 + (low >>> 12);
}

export function kindAt(columns: TraceColumns, row: number): SpanKind {
  return SPAN_KINDS[columns.kind[row] ?? 0] ?? 'unspecified';
}

function statusAt(columns: TraceColumns, row: number): SpanStatus {
  return SPAN_STATUSES[columns.status[row] ?? 0] ?? 'unset';
}

export function modeAt(columns: TraceColumns, row: number): RoutingMode {
  return ROUTING_MODES[columns.mode[row] ?? 0] ?? 'unknown';
}

export function hasFlag(columns: TraceColumns, row: number, flag: number): boolean {
  return ((columns.flags[row] ?? 0) & flag) !== 0;
}

export function isFailed(columns: TraceColumns, row: number): boolean {
  return statusAt(columns, row) === 'error';
}

export function endNsAt(columns: TraceColumns, row: number): number {
  return (columns.startNs[row] ?? 0) + (columns.lengthNs[row] ?? 0);
}

/** True for the caller's side of a call. */
export function isCall(columns: TraceColumns, row: number): boolean {
  const kind = kindAt(columns, row);
  return kind === 'client' || kind === 'producer';
}

/** True for the callee's side of a call. */
export function isAnswer(columns: TraceColumns, row: number): boolean {
  const kind = kindAt(columns, row);
  return kind === 'server' || kind === 'consumer';
}

/** Rows of the direct children, in order. */
export function childRows(columns: TraceColumns, row: number): readonly number[] {
  const children: number[] = [];
  const end = columns.subtreeEnd[row] ?? 0;
  for (let child = row + 1; child < end; child = columns.subtreeEnd[child] ?? end) {
    children.push(child);
  }
  return children;
}
