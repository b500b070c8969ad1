import { jsonResponse } from '../../../_server/respond.ts';
import { toOpenApi } from '../../../_server/to-open-api.ts';

export async function GET(): Promise<Response> {
  return jsonResponse(toOpenApi());
}
