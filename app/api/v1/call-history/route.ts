import { loadCallHistory } from '../../../_server/load-call-history.ts';
import { parseWindow, toSearchParams } from '../../../_server/parse-query.ts';
import { answer } from '../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseWindow(toSearchParams(request.url)), loadCallHistory);
}
