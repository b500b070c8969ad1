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

/** The clauses in the numbers of one segment. */
interface SegmentClauses {
  readonly service: number;
  /** By number of the service; undefined when none is unwanted. */
  readonly isUnwanted: readonly boolean[] | undefined;
  readonly name: number;
  readonly status: number;
  readonly mode: number;
  readonly minDuration: number;
  readonly maxDuration: number;
  readonly from: number;
  readonly to: number;
}

/** Indexes of the spans of a segment that start in the window and satisfy all clauses but attributes, ascending. */
export function matchSpans(columns: SegmentColumns, clauses: SpanClauses): readonly number[] {
  const wanted = toSegmentClauses(columns, clauses);
  if (wanted.service === NONE || wanted.name === NONE) return [];
  const found: number[] = [];
  for (let i = 0; i < columns.count; i++) if (matches(columns, i, wanted)) found.push(i);
  return found;
}

function toSegmentClauses(columns: SegmentColumns, clauses: SpanClauses): SegmentClauses {
  return {
    service: indexOf(columns.services, clauses.service),
    isUnwanted: unwantedOf(columns.services, clauses.notServicePrefix),
    name: indexOf(columns.names, clauses.operation),
    status: clauses.status === undefined ? ANY : SPAN_STATUSES.indexOf(clauses.status),
    mode: clauses.mode === undefined ? ANY : routingModeCode(clauses.mode),
    minDuration: clauses.minDurationNs ?? Number.NEGATIVE_INFINITY,
    maxDuration: clauses.maxDurationNs ?? Number.POSITIVE_INFINITY,
    ...offsetsOf(columns, clauses.window),
  };
}

function matches(columns: SegmentColumns, i: number, wanted: SegmentClauses): boolean {
  if (wanted.service !== ANY && columns.serviceOf[i] !== wanted.service) return false;
  if (wanted.isUnwanted?.[columns.serviceOf[i] as number]) return false;
  if (wanted.name !== ANY && columns.nameOf[i] !== wanted.name) return false;
  if (!matchesFlags(columns.flags[i] as number, wanted.status, wanted.mode)) return false;
  const duration = durationAt(columns, i);
  if (duration < wanted.minDuration || duration > wanted.maxDuration) return false;
  const start = startOffsetAt(columns, i);
  return start >= wanted.from && start < wanted.to;
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

function unwantedOf(
  services: readonly string[],
  prefix: string | undefined,
): readonly boolean[] | undefined {
  if (prefix === undefined) return undefined;
  const found = services.map((service) => service.startsWith(prefix));
  return found.includes(true) ? found : undefined;
}

function offsetsOf(columns: SegmentColumns, window: TimeWindow): { from: number; to: number } {
  return {
    from: Number(window.startUnixNano - columns.minStart),
    to: Number(window.endUnixNano - columns.minStart),
  };
}
