/** Longer than a start of a process may take. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A part of the lab refused; 409 means that the part was asked to refuse such things. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** One request to a part of the lab, JSON both ways. Rejects with what the part answered when it is not 2xx. */
export async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
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
  if (!response.ok) {
    const message = `${method} ${url} answered ${response.status}: ${text.trim()}`;
    throw new RefusedError(message, response.status);
  }
  return text === '' ? undefined : JSON.parse(text);
}
