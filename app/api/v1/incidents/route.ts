import { loadIncidents } from '../../../_server/load-incidents.ts';
import { answer } from '../../../_server/respond.ts';

export const dynamic = 'force-dynamic';

export async function GET(): Promise<Response> {
  return answer({ kind: 'ok', value: undefined }, async () => ({
    incidents: await loadIncidents(),
  }));
}
