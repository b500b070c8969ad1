import { loadControlPlane } from '../../../_server/load-control-plane.ts';
import { parseAt, toSearchParams } from '../../../_server/parse-query.ts';
import { answer } from '../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseAt(toSearchParams(request.url)), loadControlPlane);
}
