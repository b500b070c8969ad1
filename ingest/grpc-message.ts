import type { ByteShare } from './byte-budget.ts';
import { BadDataError } from './export-outcome.ts';
import { CancelledError, TooLargeError } from './export-refusal.ts';
import { type Coding, inflateBody } from './inflate-body.ts';

/** Compressed-Flag and Message-Length: Length-Prefixed-Message in gRPC's PROTOCOL-HTTP2.md. */
export const FRAME_HEAD_BYTES = 5;
const COMPRESSED = 1;

/** What `grpc-encoding` may name. */
export type GrpcEncoding = Coding | 'identity';
export const GRPC_ENCODINGS: readonly GrpcEncoding[] = ['identity', 'deflate', 'gzip'];

/**
 * The one message of a unary call from all that its client sent, inflated where it is compressed. What is inflated is
 * added to `share`.
 */
export async function readGrpcMessage(
  sent: Buffer,
  encoding: GrpcEncoding,
  limitBytes: number,
  share: ByteShare,
): Promise<Buffer> {
  const message = unframe(sent, limitBytes);
  if (sent[0] === 0) return message;
  if (encoding === 'identity') {
    throw new BadDataError('the message says that it is compressed, grpc-encoding does not');
  }
  return await inflateBody(message, encoding, limitBytes, share);
}

function unframe(sent: Buffer, limitBytes: number): Buffer {
  if (sent.length < FRAME_HEAD_BYTES) throw new CancelledError('the call ended before its message');
  if ((sent[0] as number) > COMPRESSED) throw new BadDataError('the message has an unknown flag');
  const end = FRAME_HEAD_BYTES + sent.readUInt32BE(1);
  if (end > FRAME_HEAD_BYTES + limitBytes) throw new TooLargeError(limitBytes);
  // Clients that cancel a call end it first, some of them.
  if (sent.length < end) throw new CancelledError('the call ended amid its message');
  if (sent.length > end) throw new BadDataError('the call has more than one message');
  return sent.subarray(FRAME_HEAD_BYTES);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** `grpc-timeout` in ms: at most eight digits and a unit. Without the header Infinity; throws BadDataError. */
export function grpcTimeoutMs(header: string | undefined): number {
  if (header === undefined) return Number.POSITIVE_INFINITY;
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) throw new BadDataError(`grpc-timeout is not a time: ${header}`);
  return Number(digits) * unitMs;
}
