import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { inSpan } from '#instrumentation/in-span.ts';
import { contextFrom } from '#instrumentation/propagation.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';
import { pathOf, withoutQuery } from './callee.ts';
import { type Fields, fieldOf, type RequestHead } from './http1/message-head.ts';

const SERVER: SpanOptions = { kind: SpanKind.SERVER };

interface ServerSpan {
  readonly span: Span;
  /** For what is done inside the span. */
  readonly context: Context;
}

export function startServerSpan(
  tracer: Tracer,
  head: RequestHead,
  serverAddress: string,
): ServerSpan {
  const parent = callersContext(head);
  const span = tracer.startSpan(head.method, SERVER, parent);
  span.setAttribute(ATTR_HTTP_REQUEST_METHOD, head.method);
  span.setAttribute(ATTR_URL_PATH, withoutQuery(pathOf(head.target)));
  span.setAttribute(ATTR_SERVER_ADDRESS, serverAddress);
  return { span, context: inSpan(parent, span) };
}

/** 5xx is an error on both sides (semantic conventions, http-spans.md); `errorType` defaults to the status code. */
export function finishSpan(span: Span, statusCode: number, errorType: string | undefined): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (statusCode < 500) return;
  span.setAttribute(ATTR_ERROR_TYPE, errorType ?? String(statusCode));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function callersContext(fields: Fields): Context {
  const traceparent = fieldOf(fields, 'traceparent');
  const baggage = fieldOf(fields, 'baggage');
  if (traceparent === undefined && baggage === undefined) return ROOT_CONTEXT;
  return contextFrom({ traceparent, tracestate: fieldOf(fields, 'tracestate'), baggage });
}
