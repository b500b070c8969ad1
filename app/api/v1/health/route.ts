import { loadHealth } from '../../../_server/load-health.ts';
import { answer } from '../../../_server/respond.ts';

export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  return answer({ kind: 'ok', value: undefined }, loadHealth);
}
