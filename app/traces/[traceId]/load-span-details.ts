'use server';

import { traceId } from '#telemetry/span.ts';
import { type SpanDetails, toSpanDetails } from '#views/trace/span-details.ts';
import { loadTrace } from '../../_server/load-traces.ts';

/** Attributes, events and links of one span of a trace too large to bring them all along. */
export async function loadSpanDetails(
  trace: string,
  spanId: string,
): Promise<SpanDetails | undefined> {
  if (!/^[0-9a-f]{32}$/.test(trace)) return undefined;
  const span = (await loadTrace(traceId(trace))).find((candidate) => candidate.spanId === spanId);
  return span === undefined ? undefined : toSpanDetails(span);
}
