import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { injectContext, traceLines } from '#instrumentation/propagation.ts';
import { ATTR_ERROR_TYPE } from '#telemetry/attributes.ts';
import { pathOf } from './callee.ts';
import { type AttemptResult, forward, type OutgoingRequest } from './forward.ts';
import type { Exchange } from './http1/exchange.ts';
import { forwardedRequest } from './http1/forwarded-head.ts';
import { fieldOf } from './http1/message-head.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import { forwardStream } from './http2/forward-stream.ts';
import { deadlineOf, streamLimits } from './http2/stream-call.ts';
import { forwardedHeaders } from './http2/stream-fields.ts';
import { endStreamSpan, startStreamSpan } from './http2/stream-span.ts';
import type { UpstreamSessions } from './http2/upstream-sessions.ts';
import { createProxyPort, type ProxyPort } from './proxy-port.ts';
import { readBody } from './read-body.ts';
import { finishSpan, startServerSpan } from './server-span.ts';

export interface InboundParts {
  readonly service: string;
  readonly application: { readonly address: string; readonly port: number };
  readonly pools: UpstreamPools;
  readonly sessions: UpstreamSessions;
  readonly timeoutMs: number;
}

/** The way in: callers' proxies connect here, and the request goes on to the application beside this proxy. */
export function createInboundProxy(parts: InboundParts): ProxyPort {
  const tracer = trace.getTracer('detour-sidecar');
  return createProxyPort(
    (exchange) => handle(parts, tracer, exchange),
    (stream, headers) => handleStream(parts, tracer, stream, headers),
  );
}

/** To an application that speaks HTTP/2 by prior knowledge, as every gRPC server does. */
function handleStream(
  parts: InboundParts,
  tracer: Tracer,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const { span, context } = startStreamSpan(tracer, headers, parts.service);
  const carried: Record<string, string | readonly string[]> = {};
  injectContext(context, carried);
  const outgoing = Object.assign(forwardedHeaders(headers), carried);
  const limits = streamLimits(headers, parts.timeoutMs, deadlineOf(headers));
  const session = parts.sessions.of(parts.application);
  forwardStream(session, outgoing, stream, limits, (result) => {
    endStreamSpan(span, stream, headers, result);
  });
}

function handle(parts: InboundParts, tracer: Tracer, exchange: Exchange): void {
  const { head, framing } = exchange;
  const { span, context } = startServerSpan(tracer, head, parts.service);
  const send = (body: OutgoingRequest['body']) => {
    const authority = fieldOf(head, 'host') ?? parts.service;
    const outgoing = {
      head: forwardedRequest(head, pathOf(head.target), authority, framing, traceLines(context)),
      method: head.method,
      body,
    };
    const { pools, application, timeoutMs } = parts;
    forward(pools, application, outgoing, exchange, timeoutMs, (result) => {
      if (result.kind === 'responded') {
        finishSpan(span, result.statusCode, undefined);
        return void span.end();
      }
      const status = statusOfFailure(result);
      exchange.fail(status, result.errorType, result.message);
      failSpan(span, status, result.errorType, result.message);
    });
  };
  if (framing.kind === 'none') return void send(undefined);
  readBody(exchange)
    .then(send)
    .catch((error: unknown) => {
      exchange.fail(500, 'proxy_error', String(error));
      failSpan(span, 500, 'proxy_error', String(error));
    });
}

function failSpan(span: Span, status: number, errorType: string, message: string): void {
  finishSpan(span, status, errorType);
  span.setAttribute(ATTR_ERROR_TYPE, errorType);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.end();
}

function statusOfFailure({ errorType }: Extract<AttemptResult, { kind: 'failed' }>): number {
  return errorType === 'deadline' ? 504 : 503;
}
