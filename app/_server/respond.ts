import type { ParameterFault, Parsed } from './parse-query.ts';
import { toJson } from './to-json.ts';

const NO_STORE = { 'cache-control': 'no-store' } as const;

export function jsonResponse(value: unknown): Response {
  return new Response(toJson(value), {
    headers: { 'content-type': 'application/json', ...NO_STORE },
  });
}

/** RFC 9457. `errors` is our extension: which parameter is wrong, and how. */
export function problem(
  status: number,
  title: string,
  detail: string,
  errors?: readonly ParameterFault[],
): Response {
  const body = { type: 'about:blank', title, status, detail, ...(errors && { errors }) };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...NO_STORE },
  });
}

/** Answers with what `load` finds for a well-formed question, and says what is wrong with any other. */
export async function answer<T>(
  parsed: Parsed<T>,
  load: (query: T) => Promise<unknown>,
): Promise<Response> {
  if (parsed.kind === 'bad') {
    const detail = parsed.faults.map((fault) => `${fault.parameter}: ${fault.detail}`).join('; ');
    return problem(400, 'Bad parameter', detail, parsed.faults);
  }
  try {
    const found = await load(parsed.value);
    return found === undefined
      ? problem(404, 'Not found', 'There is nothing of that name.')
      : jsonResponse(found);
  } catch (error) {
    return unavailable(error);
  }
}

/** The store does not answer. What it said goes to the log; a stranger learns no more than that. */
function unavailable(error: unknown): Response {
  console.error(error);
  return problem(503, 'Store unavailable', 'The database did not answer; try again.');
}
