import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from '#lab/xds/http-server.ts';

/** What an admin route answers: a JSON body, or lines of JSON for as long as the caller listens. */
export type AdminAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | {
      readonly kind: 'lines';
      /** Starts the stream; the returned function ends it when the caller has gone. */
      readonly start: (writeLine: (line: unknown) => void) => () => void;
    };

export interface AdminRequest {
  readonly method: string;
  /** Decoded path segments: `/instances/song-1` is `['instances', 'song-1']`. */
  readonly segments: readonly string[];
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
}

export type AdminHandler = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;

export interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** An admin body is a few names; more is a mistake. */
const BODY_LIMIT_BYTES = 1_000_000;
/** A listener that reads slower than this much behind is dropped; it reconnects and gets the newest state whole. */
const LINE_BACKLOG_LIMIT_BYTES = 8_000_000;

export function jsonAnswer(body: unknown, status = 200): AdminAnswer {
  return { kind: 'json', status, body };
}

/** An error that the caller can mend: what was wrong, in one line. */
export function refusal(error: string, status = 400): AdminAnswer {
  return jsonAnswer({ error }, status);
}

/** Serves an admin API of the lab: JSON over HTTP. Rejects when the port is taken. */
export async function serveAdmin(
  handler: AdminHandler,
  port: number,
  host: string,
): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(handler, request, response).catch((error: unknown) => {
      sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  await listen(server, port, host);
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

async function answer(
  handler: AdminHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (isFromPage(request)) {
    return sendJson(response, 403, { error: 'not from a web page: use the dashboard or a shell' });
  }
  const read = await readRequest(request);
  if (typeof read === 'string') return sendJson(response, 400, { error: read });
  const result = await handler(read);
  if (result.kind === 'json') return sendJson(response, result.status, result.body);
  sendLines(response, result.start);
}

/**
 * Browsers put an Origin on every request that may change something (Fetch standard, "Origin header"). No page has
 * business here, and any page can reach loopback.
 */
export function isFromPage(request: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return request.headers.origin !== undefined && request.method !== 'GET';
}

async function readRequest(request: IncomingMessage): Promise<AdminRequest | string> {
  const { pathname } = new URL(request.url ?? '/', 'http://admin');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) return `the body is larger than ${BODY_LIMIT_BYTES} bytes`;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return {
      method: request.method ?? 'GET',
      segments: pathname.split('/').filter(Boolean).map(decodeURIComponent),
      body: text === '' ? undefined : JSON.parse(text),
    };
  } catch {
    return 'the path or the body is malformed: the body must be JSON';
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function sendLines(
  response: ServerResponse,
  start: (writeLine: (line: unknown) => void) => () => void,
): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const stop = start((line) => {
    response.write(`${JSON.stringify(line)}\n`);
    if (response.writableLength > LINE_BACKLOG_LIMIT_BYTES) response.destroy();
  });
  response.once('close', stop);
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
