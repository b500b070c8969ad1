import { forwardToLab } from '../../../../_server/forward-to-lab.ts';

export const dynamic = 'force-dynamic';

interface Address {
  readonly params: Promise<{ readonly path: readonly string[] }>;
}

export async function GET(request: Request, { params }: Address): Promise<Response> {
  return forwardToLab(request, (await params).path);
}

export async function POST(request: Request, { params }: Address): Promise<Response> {
  return forwardToLab(request, (await params).path);
}
