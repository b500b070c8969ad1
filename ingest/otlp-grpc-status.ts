import { Metadata } from '@grpc/grpc-js';
import type { Refusal } from './export-refusal.ts';
import { encodeStatus, grpcCodeOf, shorten } from './otlp-status.ts';

/** google.rpc.Status in full, for clients that look for RetryInfo. */
export const STATUS_DETAILS = 'grpc-status-details-bin';

/** A status that carries google.rpc.Status as well. */
export function toGrpcStatus(refusal: Refusal): {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
} {
  const metadata = new Metadata();
  metadata.set(STATUS_DETAILS, encodeStatus(refusal));
  return { code: grpcCodeOf(refusal), details: shorten(refusal.message), metadata };
}
