import { ShardAway } from '#store/shards.ts';
import { answerInPart } from './database.ts';
import type { ParameterFault, Parsed } from './parse-query.ts';
import { toJson } from './to-json.ts';

/** Names the databases without which a question was answered: what lies there is not in the answer. */
const MISSING_HEADER = 'detour-missing';
const NO_STORE = { 'cache-control': 'no-store' } as const;

export function jsonResponse(value: unknown, missing: readonly string[] = []): Response {
  return new Response(toJson(value), {
    headers: {
      'content-type': 'application/json',
      ...NO_STORE,
      ...(missing.length > 0 && { [MISSING_HEADER]: missing.join(', ') }),
    },
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
    const { found, missing } = await answerInPart(() => load(parsed.value));
    if (found !== undefined) return jsonResponse(found, missing);
    // It may lie where nobody answers.
    if (missing.length > 0) throw new ShardAway(missing, 'what was asked for may lie there');
    return problem(404, 'Not found', 'There is nothing of that name.');
  } catch (error) {
    return unavailable(error);
  }
}

/** The store does not answer. What it said goes to the log; a stranger learns no more than that. */
function unavailable(error: unknown): Response {
  console.error(error);
  const who = error instanceof ShardAway ? error.shards.join(', ') : 'the database';
  return problem(503, 'Store unavailable', `${sentence(who)} did not answer; try again.`);
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
