import type { RefusalReason } from '#telemetry/ingest-health.ts';
import { MalformedOtlp } from '#telemetry/otlp/wire-reader.ts';
import { BadDataError, UnavailableError } from './export-outcome.ts';

/** Why a request was not stored, before a transport says it in its own words. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
  /** Present when the client should send the same again, later. */
  readonly retryAfterSeconds?: number;
}

/** Long enough that a flood of retries does not come back at once, short enough that nobody notices. */
const RETRY_AFTER_SECONDS = 1;

/** HTTP 413, gRPC RESOURCE_EXHAUSTED without RetryInfo: the same body is too large the next time as well. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';

  constructor(limitBytes: number) {
    super(`the request is larger than ${limitBytes} bytes after decompression`);
  }
}

/** The client went away before its request was whole. Nobody is left to answer. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** The client took longer than it may. */
export class TooSlowError extends Error {
  override readonly name = 'TooSlowError';

  constructor() {
    super('the request did not come in time');
  }
}

/** No room for the body among those in flight. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';

  constructor() {
    super('the receiver holds as many bytes as it may; send again later');
  }
}

export const DRAINING: Refusal = {
  reason: 'draining',
  message: 'the receiver is shutting down; send again later',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

/**
 * What the client is to hear of `error`. What nobody foresaw counts as passing trouble: a client drops its data on
 * HTTP 500 and on gRPC UNKNOWN or INTERNAL (OTLP specification, "Retryable Response Codes").
 */
export function toRefusal(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BadDataError || error instanceof MalformedOtlp) {
    return { reason: 'malformed', message };
  }
  if (error instanceof TooLargeError) return { reason: 'too-large', message };
  if (error instanceof CancelledError) return { reason: 'cancelled', message };
  if (error instanceof TooSlowError) return { reason: 'too-slow', message };
  if (error instanceof OverloadedError) {
    return { reason: 'overloaded', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }
  if (error instanceof UnavailableError) {
    return { reason: 'store-unavailable', message, retryAfterSeconds: error.retryAfterSeconds };
  }
  return {
    reason: 'internal',
    message: `unexpected trouble, send again later: ${message}`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
}
