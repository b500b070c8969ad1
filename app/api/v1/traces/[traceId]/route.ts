import { criticalPath } from '#analysis/trace/critical-path.ts';
import type { TraceId } from '#telemetry/span.ts';
import { loadTrace } from '../../../../_server/load-traces.ts';
import { parseTraceId } from '../../../../_server/parse-query.ts';
import { answer } from '../../../../_server/respond.ts';

export async function GET(
  _: Request,
  { params }: { readonly params: Promise<{ readonly traceId: string }> },
): Promise<Response> {
  return answer(parseTraceId((await params).traceId), load);
}

async function load(traceId: TraceId): Promise<unknown> {
  const spans = await loadTrace(traceId);
  if (spans.length === 0) return undefined;
  return { traceId, spans, criticalPath: criticalPath(spans).sections };
}
