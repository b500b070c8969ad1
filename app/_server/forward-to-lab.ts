import { problem } from './respond.ts';

/** What the Lab page may ask of the scenario runner; nothing else of the lab is reachable through the dashboard. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  GET: [/^scenarios$/, /^lessons$/, /^faults$/, /^run$/, /^events$/, /^runs\/[\w-]{1,64}\/log$/],
  POST: [/^runs$/, /^faults$/, /^run\/(stop|pause|resume)$/],
};
const MAX_BODY_BYTES = 10_000;

export async function forwardToLab(request: Request, path: readonly string[]): Promise<Response> {
  const lab = process.env['LAB_URL'];
  if (lab === undefined || lab === '') {
    return problem(404, 'No lab', 'This Detour runs without its lab: start it with npm start.');
  }
  const target = path.join('/');
  const known = ALLOWED[request.method]?.some((pattern) => pattern.test(target)) === true;
  if (!known) return problem(404, 'Not found', `The lab has no ${request.method} /${target}.`);
  if (isForeign(request))
    return problem(403, 'Foreign origin', 'Only Detour’s own pages may drive the lab.');
  const body = request.method === 'POST' ? await request.text() : undefined;
  if (body !== undefined && body.length > MAX_BODY_BYTES) {
    return problem(413, 'Body too large', `A request may have ${MAX_BODY_BYTES} bytes.`);
  }
  return forward(`${lab.replace(/\/$/, '')}/${target}`, request, body);
}

/** A page of another site can post here from the user's browser; it cannot hide where it comes from. */
function isForeign(request: Request): boolean {
  if (request.method !== 'POST') return false;
  const site = request.headers.get('sec-fetch-site');
  return site !== null && site !== 'same-origin' && site !== 'none';
}

async function forward(url: string, request: Request, body: string | undefined): Promise<Response> {
  try {
    const answer = await fetch(url, {
      method: request.method,
      signal: request.signal,
      cache: 'no-store',
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    return new Response(answer.body, {
      status: answer.status,
      headers: {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
        'cache-control': 'no-store',
      },
    });
  } catch {
    return problem(
      502,
      'Lab unreachable',
      'The scenario runner does not answer; it may be starting.',
    );
  }
}
