import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { contextFrom } from '#instrumentation/propagation.ts';
import { isFromPage } from '#lab/xds/admin-http.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';
import type { ServiceReply } from './call-service.ts';

export interface ServiceRequest {
  /** What stands for `{id}` in the route. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The trace context inside the request's span. */
  readonly context: Context;
}

export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** e.g. `/song/{id}`; one place holder at most, the last segment. */
  readonly path: string;
  /** Routes about the service itself are left out of the traces. */
  readonly isTraced?: false;
  readonly handle: (request: ServiceRequest) => Promise<ServiceReply>;
}

const BODY_LIMIT_BYTES = 64 * 1024;

export function createHttpService(routes: readonly HttpRoute[]): Server {
  const tracer = trace.getTracer('detour-lab');
  const server = createServer((request, response) => {
    serve(routes, tracer, request, response).catch((error: unknown) => {
      send(response, { status: 500, body: { error: 'internal', message: String(error) } });
    });
  });
  server.keepAliveTimeout = 75_000;
  return server;
}

async function serve(
  routes: readonly HttpRoute[],
  tracer: Tracer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://service');
  const found = findRoute(routes, request.method ?? 'GET', url.pathname);
  if (!found) return send(response, { status: 404, body: { error: 'no such page' } });
  const { route, id } = found;
  if (route.isTraced === false && isFromPage(request)) {
    return send(response, { status: 403, body: { error: 'not from a web page' } });
  }
  const parent = contextFrom(request.headers);
  const span =
    route.isTraced === false ? undefined : startSpan(tracer, request, route, url, parent);
  const context = span ? trace.setSpan(parent, span) : parent;
  const body = await readText(request);
  const reply =
    body === undefined
      ? { status: 413, body: { error: 'the body is too large' } }
      : await handleSafely(route, {
          id,
          query: url.searchParams,
          headers: request.headers,
          body,
          context,
        });
  send(response, reply);
  if (span) finish(span, reply.status);
}

async function handleSafely(route: HttpRoute, request: ServiceRequest): Promise<ServiceReply> {
  try {
    return await route.handle(request);
  } catch (error) {
    trace.getSpan(request.context)?.recordException(error instanceof Error ? error : String(error));
    return { status: 500, body: { error: 'internal', message: String(error) } };
  }
}

function findRoute(
  routes: readonly HttpRoute[],
  method: string,
  pathname: string,
): { readonly route: HttpRoute; readonly id: string } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    if (route.path === pathname) return { route, id: '' };
    const prefix = route.path.endsWith('{id}') ? route.path.slice(0, -'{id}'.length) : undefined;
    const id = prefix && pathname.startsWith(prefix) ? pathname.slice(prefix.length) : '';
    if (/^[\w-]{1,64}$/.test(id)) return { route, id };
  }
  return undefined;
}

function startSpan(
  tracer: Tracer,
  request: IncomingMessage,
  route: HttpRoute,
  url: URL,
  parent: Context,
): Span {
  return tracer.startSpan(
    `${route.method} ${route.path}`,
    {
      kind: SpanKind.SERVER,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: request.method ?? 'GET',
        [ATTR_HTTP_ROUTE]: route.path,
        [ATTR_URL_PATH]: url.pathname,
      },
    },
    parent,
  );
}

function finish(span: Span, status: number): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
  if (status >= 500) {
    span.setAttribute(ATTR_ERROR_TYPE, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, body }: ServiceReply): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
