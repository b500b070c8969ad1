import type { IncomingHttpHeaders } from 'node:http';
import {
  type Context,
  INVALID_TRACEID,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';

/** The caller's trace context, from W3C `traceparent` (the propagator that sdk-node sets up by default). */
export function contextFrom(headers: IncomingHttpHeaders): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

/** Writes `context` into `headers`, in place. */
export function injectContext(
  context: Context,
  headers: Record<string, string | readonly string[]>,
): void {
  propagation.inject(context, headers);
}

/**
 * `context` as field lines of HTTP/1.1, each with its CRLF. What nearly every request carries, `traceparent` alone, is
 * written here, as the propagator writes it (W3C Trace Context, "traceparent Header Field Values").
 */
export function traceLines(context: Context): string {
  const span = trace.getSpanContext(context);
  if (!span || span.traceState || propagation.getBaggage(context)) return injectedLines(context);
  if (span.traceId === INVALID_TRACEID) return '';
  return `traceparent: 00-${span.traceId}-${span.spanId}-${span.traceFlags & 1 ? '01' : '00'}\r\n`;
}

function injectedLines(context: Context): string {
  const carried: Record<string, string | readonly string[]> = {};
  injectContext(context, carried);
  return Object.entries(carried)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
