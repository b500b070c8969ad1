import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import type { Span, TraceId } from '#telemetry/span.ts';
import type { TraceQuery, TraceSearchResult } from '#telemetry/trace-summary.ts';
import { database } from './database.ts';

export async function loadTraces(query: TraceQuery): Promise<TraceSearchResult> {
  return searchTraces(database(), query);
}

/** Empty for a trace that nobody has sent. */
export async function loadTrace(id: TraceId): Promise<readonly Span[]> {
  return readTrace(database(), id);
}

/** Spans that satisfy the query by duration (logarithmic rows) and time. */
export async function loadHeatmap(
  query: TraceQuery,
  size: { readonly columns: number; readonly rows: number },
): ReturnType<typeof readDurationHeatmap> {
  return readDurationHeatmap(database(), query, size);
}
