import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';

/**
 * Of HTTP/1.1 connections, where HTTP/2 has none (RFC 9113 §8.2.2), and what the proxy says anew. `te` may stay: gRPC asks
 * for trailers with it.
 */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'traceparent',
  'tracestate',
  'baggage',
]);

export function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}

export function forwardedHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (!NOT_FORWARDED.has(name)) kept[name] = headers[name];
  }
  return kept;
}

/** The status of a gRPC call, in its trailers or in a head without body; undefined where there is none. */
export function grpcStatusOf(fields: IncomingHttpHeaders): number | undefined {
  const text = fields['grpc-status'];
  return typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** How long the caller of a gRPC call waits (gRPC over HTTP2, "Timeout"); undefined = as long as it takes. */
export function grpcTimeoutMs(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['grpc-timeout'];
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(text)) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}
