import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';

/** Requests that were accepted get this long to end when their server stops. */
const DRAIN_LIMIT_MS = 3000;

/** Resolves when the port is bound; rejects when it is taken. */
export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

/** Takes no more connections, answers what was accepted, and resolves when the last connection is closed. */
export function drain(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => server.closeAllConnections(), DRAIN_LIMIT_MS);
    // Callers that keep their connections would come back on them for ever.
    server.prependListener('request', (_request, response) => {
      response.setHeader('connection', 'close');
    });
    server.close(() => {
      clearTimeout(limit);
      resolve();
    });
    server.closeIdleConnections();
  });
}
