import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { contextFrom } from '#instrumentation/propagation.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_RPC_METHOD,
  ATTR_RPC_SERVICE,
  ATTR_RPC_SYSTEM,
  ATTR_SERVER_ADDRESS,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';
import { withoutQuery } from '../callee.ts';
import { isServerFault } from '../grpc-faults.ts';
import type { AttemptOutcome } from '../outbound-call.ts';
import { finishSpan } from '../server-span.ts';
import { isGrpc } from './stream-fields.ts';

const GRPC_PATH = /^\/([\w.]+)\/(\w+)$/;
interface StreamDescription {
  readonly name: string;
  readonly attributes: Attributes;
}

/** A span's name and first attributes: by what is called for gRPC, as for HTTP/1.1 otherwise. */
export function describeStream(headers: IncomingHttpHeaders): StreamDescription {
  const path = withoutQuery(headers[':path'] ?? '/');
  const [, service, method] = (isGrpc(headers) && GRPC_PATH.exec(path)) || [];
  const name = headers[':method'] ?? 'GET';
  const attributes = { [ATTR_HTTP_REQUEST_METHOD]: name, [ATTR_URL_PATH]: path };
  if (service === undefined || method === undefined) return { name, attributes };
  return {
    name: `${service}/${method}`,
    attributes: {
      ...attributes,
      [ATTR_RPC_SYSTEM]: 'grpc',
      [ATTR_RPC_SERVICE]: service,
      [ATTR_RPC_METHOD]: method,
    },
  };
}

/** The gRPC status decides whether a call failed: every code but OK for the caller, the server's faults for the server. */
export function markGrpcStatus(
  span: Span,
  code: number | undefined,
  side: 'client' | 'server',
): void {
  if (code === undefined) return;
  span.setAttribute(ATTR_RPC_GRPC_STATUS_CODE, code);
  if (code === grpcStatus.OK || (side === 'server' && !isServerFault(code))) return;
  span.setAttribute(ATTR_ERROR_TYPE, grpcStatus[code] ?? String(code));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The proxy's own answer on a stream, in gRPC's words where gRPC is spoken (gRPC over HTTP2, "Responses"). */
export function failStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  statusCode: number,
  errorType: string,
  message: string,
): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  const told = { 'x-detour-error': errorType };
  if (isGrpc(headers)) {
    const status = {
      'grpc-status': String(grpcCodeOf(statusCode)),
      'grpc-message': encodeURIComponent(message),
    };
    const type = { ':status': 200, 'content-type': 'application/grpc' };
    stream.respond({ ...type, ...status, ...told }, { endStream: true });
  } else {
    stream.respond({ ':status': statusCode, 'content-type': 'application/json', ...told });
    stream.end(`${JSON.stringify({ error: errorType, message })}\n`);
  }
  // What is left of the request nobody reads any more.
  stream.resume();
}

function grpcCodeOf(statusCode: number): number {
  if (statusCode === 504) return grpcStatus.DEADLINE_EXCEEDED;
  if (statusCode === 500) return grpcStatus.INTERNAL;
  return statusCode < 500 ? grpcStatus.INVALID_ARGUMENT : grpcStatus.UNAVAILABLE;
}

export function startStreamSpan(
  tracer: Tracer,
  headers: IncomingHttpHeaders,
  serverAddress: string,
): { readonly span: Span; readonly context: Context } {
  const parent = contextFrom(headers);
  const { name, attributes } = describeStream(headers);
  const all = { ...attributes, [ATTR_SERVER_ADDRESS]: serverAddress };
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: all }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** Tells the caller of a failure that it has not heard of, and the span how it ended. */
export function endStreamSpan(
  span: Span,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  outcome: AttemptOutcome,
): void {
  if (outcome.kind === 'responded') {
    finishSpan(span, outcome.statusCode, undefined);
    markGrpcStatus(span, outcome.grpcStatus, 'server');
  } else {
    const status = outcome.errorType === 'deadline' ? 504 : 503;
    failStream(stream, headers, status, outcome.errorType, outcome.message);
    span.setAttribute(ATTR_ERROR_TYPE, outcome.errorType);
    if (isGrpc(headers))
      span.setAttribute(ATTR_RPC_GRPC_STATUS_CODE, toldCodeOf(outcome.errorType));
    else finishSpan(span, status, outcome.errorType);
    span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
  }
  span.end();
}

/** What the caller has heard, or would have. */
function toldCodeOf(errorType: string): number {
  if (errorType === 'cancelled') return grpcStatus.CANCELLED;
  return errorType === 'deadline' ? grpcStatus.DEADLINE_EXCEEDED : grpcStatus.UNAVAILABLE;
}
