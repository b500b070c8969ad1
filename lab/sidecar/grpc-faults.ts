import { status } from '@grpc/grpc-js';

/** Codes that are the server's fault, which as HTTP would be 5xx (semantic conventions, grpc.md; Envoy's grpcToHttpStatus). */
const SERVER_FAULTS: ReadonlySet<number> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

export function isServerFault(grpcStatus: number): boolean {
  return SERVER_FAULTS.has(grpcStatus);
}
