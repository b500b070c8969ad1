import { loadComparison } from '../../../../../_server/load-comparison.ts';
import { answer } from '../../../../../_server/respond.ts';

export async function GET(
  _: Request,
  { params }: { readonly params: Promise<{ readonly incidentId: string }> },
): Promise<Response> {
  return answer({ kind: 'ok', value: (await params).incidentId }, loadComparison);
}
