import { loadTraces } from '../../../_server/load-traces.ts';
import { parseTraceQuery, toSearchParams } from '../../../_server/parse-query.ts';
import { answer } from '../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseTraceQuery(toSearchParams(request.url)), loadTraces);
}
