import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { contextFrom, injectContext } from '#instrumentation/propagation.ts';
import { ATTR_ERROR_TYPE } from '#telemetry/attributes.ts';
import { pathOf } from './callee.ts';
import type { ConnectionPools } from './connection-pools.ts';
import { endToEndHeaders, forward } from './forward.ts';
import { readBody } from './read-body.ts';
import { finishSpan, sendFailure, startServerSpan } from './server-span.ts';

export interface InboundParts {
  readonly service: string;
  readonly application: { readonly address: string; readonly port: number };
  readonly pools: ConnectionPools;
  readonly timeoutMs: number;
}

/** The way in: callers' proxies connect here, and the request goes on to the application beside this proxy. */
export function createInboundProxy(parts: InboundParts): Server {
  const tracer = trace.getTracer('detour-sidecar');
  const server = createServer((request, response) => {
    handle(parts, tracer, request, response).catch((error: unknown) => {
      sendFailure(response, 500, 'proxy_error', String(error));
    });
  });
  server.keepAliveTimeout = 75_000;
  return server;
}

async function handle(
  parts: InboundParts,
  tracer: Tracer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parent = contextFrom(request.headers);
  const { span, context } = startServerSpan(tracer, request, parts.service, parent);
  const headers = endToEndHeaders(request.headers);
  injectContext(context, headers);
  const outgoing = {
    method: request.method ?? 'GET',
    path: pathOf(request),
    headers,
    body: await readBody(request),
  };
  const pool = parts.pools.poolOf(parts.application);
  const result = await forward(pool, outgoing, response, parts.timeoutMs);
  if (result.kind === 'responded') {
    finishSpan(span, result.statusCode, undefined);
  } else {
    const status = result.errorType === 'deadline' ? 504 : 503;
    if (!result.hasStarted) sendFailure(response, status, result.errorType, result.message);
    finishSpan(span, status, result.errorType);
    span.setAttribute(ATTR_ERROR_TYPE, result.errorType);
    span.setStatus({ code: SpanStatusCode.ERROR, message: result.message });
  }
  span.end();
}
