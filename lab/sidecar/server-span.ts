import {
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
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';
import { pathOf, withoutQuery } from './callee.ts';
import { type Fields, fieldOf, type RequestHead } from './http1/message-head.ts';

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
  const parent = contextFrom(traceFields(head));
  const span = tracer.startSpan(
    head.method,
    {
      kind: SpanKind.SERVER,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: head.method,
        [ATTR_URL_PATH]: withoutQuery(pathOf(head.target)),
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

function traceFields(fields: Fields): Record<string, string | undefined> {
  return {
    traceparent: fieldOf(fields, 'traceparent'),
    tracestate: fieldOf(fields, 'tracestate'),
    baggage: fieldOf(fields, 'baggage'),
  };
}
