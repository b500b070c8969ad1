import type { RoutingMode } from './routing-mode.ts';
import type { SpanStatus, TraceId } from './span.ts';
import type { TimeWindow, UnixNano } from './time.ts';

/** What the trace list shows of one trace. Sums grow as late spans arrive. */
export interface TraceSummary {
  readonly traceId: TraceId;
  /** Of the root span; of the earliest span while the root has not arrived. */
  readonly rootService: string;
  readonly rootName: string;
  readonly hasRoot: boolean;
  readonly startUnixNano: UnixNano;
  readonly durationNs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly rootStatus: SpanStatus;
  readonly services: readonly string[];
  /** Hops (client spans) by how their callee was found. */
  readonly hopsByMode: Readonly<Partial<Record<RoutingMode, number>>>;
}

/** One span of a trace must satisfy every span clause (service, operation, status, duration, mode, attributes). */
export interface TraceQuery {
  readonly window: TimeWindow;
  readonly service?: string;
  /** Spans of services whose names begin so satisfy nothing. */
  readonly notServicePrefix?: string;
  readonly operation?: string;
  readonly status?: SpanStatus;
  readonly minDurationNs?: number;
  readonly maxDurationNs?: number;
  readonly mode?: RoutingMode;
  /** `key=value` equality on span or resource attributes, values compared as text. */
  readonly attributes?: ReadonlyArray<readonly [key: string, value: string]>;
  readonly limit: number;
}

export interface TraceSearchResult {
  /** Newest first. */
  readonly traces: readonly TraceSummary[];
  /** True when `limit` stopped the search. */
  readonly hasMore: boolean;
  readonly scannedSpans: number;
}
