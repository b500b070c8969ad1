import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { readSpan, readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import type { Span, SpanId, TraceId } from '#telemetry/span.ts';
import type { TraceQuery, TraceSearchResult } from '#telemetry/trace-summary.ts';
import { database } from './database.ts';

export async function loadTraces(query: TraceQuery): Promise<TraceSearchResult> {
  return searchTraces(database(), query);
}

/** Empty for a trace that nobody has sent. With `keys`, only those of the spans' attributes are read. */
export async function loadTrace(id: TraceId, keys?: ReadonlySet<string>): Promise<readonly Span[]> {
  return readTrace(database(), id, keys);
}

export async function loadSpan(trace: TraceId, span: SpanId): Promise<Span | undefined> {
  return readSpan(database(), trace, span);
}

/** Spans that satisfy the query by duration (logarithmic rows) and time. */
export async function loadHeatmap(
  query: TraceQuery,
  size: { readonly columns: number; readonly rows: number },
): ReturnType<typeof readDurationHeatmap> {
  return readDurationHeatmap(database(), query, size);
}
