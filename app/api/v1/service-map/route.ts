import { loadServiceMap } from '../../../_server/load-service-map.ts';
import { parseServiceMapQuery, toSearchParams } from '../../../_server/parse-query.ts';
import { answer } from '../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseServiceMapQuery(toSearchParams(request.url)), ({ window, withOwnServices }) =>
    loadServiceMap(window, withOwnServices),
  );
}
