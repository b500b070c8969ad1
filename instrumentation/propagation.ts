import type { IncomingHttpHeaders } from 'node:http';
import { type Context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';

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
