'use server';

import { spanId, traceId } from '#telemetry/span.ts';
import { type SpanDetails, toSpanDetails } from '#views/trace/span-details.ts';
import { loadSpan } from '../../_server/load-traces.ts';

/** Attributes, events and links of one span of a trace too large to bring them all along. */
export async function loadSpanDetails(trace: string, id: string): Promise<SpanDetails | undefined> {
  if (!/^[0-9a-f]{32}$/.test(trace) || !/^[0-9a-f]{16}$/.test(id)) return undefined;
  const span = await loadSpan(traceId(trace), spanId(id));
  return span === undefined ? undefined : toSpanDetails(span);
}
