import { loadShifts } from '../../../_server/load-shifts.ts';
import { parseWindow, toSearchParams } from '../../../_server/parse-query.ts';
import { answer } from '../../../_server/respond.ts';

export async function GET(request: Request): Promise<Response> {
  return answer(parseWindow(toSearchParams(request.url)), async (window) => ({
    shifts: await loadShifts(window),
  }));
}
