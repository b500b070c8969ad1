import { loadHeatmap } from '../../../../_server/load-traces.ts';
import { parseHeatmapQuery, toSearchParams } from '../../../../_server/parse-query.ts';
import { answer } from '../../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseHeatmapQuery(toSearchParams(request.url)), ({ query, size }) =>
    loadHeatmap(query, size),
  );
}
