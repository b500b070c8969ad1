/** Longer than a start of a process may take. */
const REQUEST_TIMEOUT_MS = 15_000;

/** One request to a part of the lab, JSON both ways. Rejects with what the part answered when it is not 2xx. */
export async function ask(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text.trim()}`);
  return text === '' ? undefined : JSON.parse(text);
}
