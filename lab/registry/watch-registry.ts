import { get } from 'node:http';
import { createInterface } from 'node:readline';
import type { Catalogue } from '#lab/registry/registry.ts';

/** Short: the registry is on loopback, and what feeds on it should notice its return at once. */
const RETRY_MS = 500;

/**
 * Follows a registry over HTTP. While it is gone nothing is called: whoever listens keeps what it last knew.
 * Returns how to stop.
 */
export function watchRegistry(
  url: string,
  onCatalogue: (catalogue: Catalogue) => void,
): () => void {
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;
  let abort = new AbortController();
  const again = () => {
    if (stopped || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      connect();
    }, RETRY_MS);
  };
  const connect = () => {
    abort = new AbortController();
    const request = get(`${url}/watch`, { signal: abort.signal, agent: false }, (response) => {
      response.once('close', again);
      response.on('error', again);
      const lines = createInterface({ input: response });
      lines.on('line', (line) => {
        const catalogue = parseCatalogue(line);
        if (!stopped && catalogue !== undefined) onCatalogue(catalogue);
      });
      // readline passes the error of its input on, which would otherwise be unhandled.
      lines.on('error', again);
    });
    request.on('error', again);
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(retry);
    abort.abort();
  };
}

/** A line cut short by the registry's death is no catalogue. */
function parseCatalogue(line: string): Catalogue | undefined {
  try {
    return JSON.parse(line) as Catalogue;
  } catch {
    return undefined;
  }
}
