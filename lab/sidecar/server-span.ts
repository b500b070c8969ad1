import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';
import { pathOf, withoutQuery } from './callee.ts';

export interface ServerSpan {
  readonly span: Span;
  /** For what is done inside the span. */
  readonly context: Context;
}

export function startServerSpan(
  tracer: Tracer,
  request: IncomingMessage,
  serverAddress: string,
  parent: Context,
): ServerSpan {
  const method = request.method ?? 'GET';
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.SERVER,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: method,
        [ATTR_URL_PATH]: withoutQuery(pathOf(request)),
        [ATTR_SERVER_ADDRESS]: serverAddress,
      },
    },
    parent,
  );
  return { span, context: trace.setSpan(parent, span) };
}

/** 5xx is an error on both sides (semantic conventions, http-spans.md); `errorType` defaults to the status code. */
export function finishSpan(span: Span, statusCode: number, errorType: string | undefined): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (statusCode < 500) return;
  span.setAttribute(ATTR_ERROR_TYPE, errorType ?? String(statusCode));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The proxy's own answer, told apart from the application's by its header. */
export function sendFailure(
  response: ServerResponse,
  statusCode: number,
  errorType: string,
  message: string,
): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(statusCode, {
    'content-type': 'application/json',
    'x-detour-error': errorType,
  });
  response.end(`${JSON.stringify({ error: errorType, message })}\n`);
}
