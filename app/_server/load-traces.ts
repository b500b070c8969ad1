import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { type LeanReading, readSpan, readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import type { Span, SpanId, TraceId } from '#telemetry/span.ts';
import type { TraceQuery, TraceSearchResult } from '#telemetry/trace-summary.ts';
import { database } from './database.ts';

export async function loadTraces(query: TraceQuery): Promise<TraceSearchResult> {
  return searchTraces(database(), query);
}

/** Empty for a trace that nobody has sent. With `lean`, a large one is read without most of its attributes. */
export async function loadTrace(id: TraceId, lean?: LeanReading): Promise<readonly Span[]> {
  return readTrace(database(), id, lean);
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
