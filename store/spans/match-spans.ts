import { routingModeCode } from '#telemetry/routing-mode.ts';
import { SPAN_STATUSES } from '#telemetry/span.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import type { TraceQuery } from '#telemetry/trace-summary.ts';
import { modeOf, type SegmentColumns, statusOf } from './segment-columns.ts';

/** What columns can answer of a query; attributes need the payload. */
export type SpanClauses = Omit<TraceQuery, 'limit'>;

const ANY = -1;
const NONE = -2;
const TWO_32 = 2 ** 32;

/** Indexes of the spans of a segment that start in the window and satisfy all clauses but attributes, ascending. */
export function matchSpans(columns: SegmentColumns, clauses: SpanClauses): readonly number[] {
  const service = indexOf(columns.services, clauses.service);
  const name = indexOf(columns.names, clauses.operation);
  if (service === NONE || name === NONE) return [];
  const { from, to } = offsetsOf(columns, clauses.window);
  const status = clauses.status === undefined ? ANY : SPAN_STATUSES.indexOf(clauses.status);
  const mode = clauses.mode === undefined ? ANY : routingModeCode(clauses.mode);
  const min = clauses.minDurationNs ?? Number.NEGATIVE_INFINITY;
  const max = clauses.maxDurationNs ?? Number.POSITIVE_INFINITY;
  const { serviceOf, nameOf, flags } = columns;
  const found: number[] = [];
  for (let i = 0; i < columns.count; i++) {
    if (service !== ANY && serviceOf[i] !== service) continue;
    if (name !== ANY && nameOf[i] !== name) continue;
    if (!matchesFlags(flags[i] as number, status, mode)) continue;
    const duration = durationAt(columns, i);
    if (duration < min || duration > max) continue;
    const start = startOffsetAt(columns, i);
    if (start >= from && start < to) found.push(i);
  }
  return found;
}

function matchesFlags(flags: number, status: number, mode: number): boolean {
  return (status === ANY || statusOf(flags) === status) && (mode === ANY || modeOf(flags) === mode);
}

/** ns after the segment's first start. */
export function startOffsetAt(columns: SegmentColumns, i: number): number {
  return (columns.startHigh[i] as number) * TWO_32 + (columns.startLow[i] as number);
}

export function durationAt(columns: SegmentColumns, i: number): number {
  return (columns.durationHigh[i] as number) * TWO_32 + (columns.durationLow[i] as number);
}

export function startAt(columns: SegmentColumns, i: number): bigint {
  return columns.minStart + BigInt(startOffsetAt(columns, i));
}

function indexOf(dictionary: readonly string[], word: string | undefined): number {
  if (word === undefined) return ANY;
  const index = dictionary.indexOf(word);
  return index === -1 ? NONE : index;
}

function offsetsOf(columns: SegmentColumns, window: TimeWindow): { from: number; to: number } {
  return {
    from: Number(window.startUnixNano - columns.minStart),
    to: Number(window.endUnixNano - columns.minStart),
  };
}
