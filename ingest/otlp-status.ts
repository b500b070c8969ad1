import type { ExportOutcome } from './export-outcome.ts';
import type { Refusal } from './export-refusal.ts';
import { type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

const GRPC_INVALID_ARGUMENT = 3;
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_UNIMPLEMENTED = 12;
const GRPC_UNAVAILABLE = 14;

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';
/** A message is for a developer's eyes; nobody reads more. */
const MAX_MESSAGE_CHARS = 500;

/**
 * The gRPC code of a refusal, which google.rpc.Status carries over HTTP as well. Everything that passes is UNAVAILABLE
 * rather than RESOURCE_EXHAUSTED: some clients do not look at RetryInfo, all retry UNAVAILABLE.
 */
export function grpcCodeOf(refusal: Refusal): number {
  if (refusal.retryAfterSeconds !== undefined) return GRPC_UNAVAILABLE;
  switch (refusal.reason) {
    case 'too-large':
      return GRPC_RESOURCE_EXHAUSTED;
    case 'wrong-path':
    case 'wrong-method':
    case 'wrong-media-type':
      return GRPC_UNIMPLEMENTED;
    case 'too-slow':
      return GRPC_DEADLINE_EXCEEDED;
    default:
      return GRPC_INVALID_ARGUMENT;
  }
}

/** Export…ServiceResponse. `partial_success` stays unset when there is nothing to say (OTLP, "Full Success"). */
export function encodeExportResponse(outcome: ExportOutcome): Buffer {
  if (isFullSuccess(outcome)) return Buffer.alloc(0);
  const out = new ProtobufWriter(outcome.errorMessage.length + 16);
  out.varint((1 << 3) | 2);
  const start = out.openLength(1);
  if (outcome.rejected > 0) {
    out.varint(1 << 3);
    out.varint(outcome.rejected);
  }
  out.text(2, outcome.errorMessage);
  out.closeLength(start, 1);
  return out.finish();
}

/** The same in OTLP/JSON: 64-bit numbers are strings, what is unset is absent. */
export function exportResponseJson(signal: OtlpSignal, outcome: ExportOutcome): string {
  if (isFullSuccess(outcome)) return '{}';
  return JSON.stringify({
    partialSuccess: {
      ...(outcome.rejected > 0 && { [SIGNAL_NAMES[signal].rejectedKey]: `${outcome.rejected}` }),
      errorMessage: outcome.errorMessage,
    },
  });
}

function isFullSuccess(outcome: ExportOutcome): boolean {
  return outcome.rejected === 0 && outcome.errorMessage === '';
}

/** google.rpc.Status with the detail that fits: RetryInfo for what passes, BadRequest for bad data. */
export function encodeStatus(refusal: Refusal): Buffer {
  const message = shorten(refusal.message);
  const out = new ProtobufWriter(message.length * 2 + 128);
  out.varint(1 << 3);
  out.varint(grpcCodeOf(refusal));
  out.text(2, message);
  if (refusal.retryAfterSeconds !== undefined) {
    writeDetail(out, RETRY_INFO, encodeRetryInfo(refusal.retryAfterSeconds));
  } else if (refusal.reason === 'malformed') {
    writeDetail(out, BAD_REQUEST, encodeBadRequest(message));
  }
  return out.finish();
}

export function statusJson(refusal: Refusal): string {
  const message = shorten(refusal.message);
  return JSON.stringify({ code: grpcCodeOf(refusal), message, details: statusDetails(refusal) });
}

function statusDetails(refusal: Refusal): readonly object[] | undefined {
  if (refusal.retryAfterSeconds !== undefined) {
    return [{ '@type': RETRY_INFO, retryDelay: `${refusal.retryAfterSeconds}s` }];
  }
  if (refusal.reason !== 'malformed') return undefined;
  const description = shorten(refusal.message);
  return [{ '@type': BAD_REQUEST, fieldViolations: [{ field: 'body', description }] }];
}

/** google.protobuf.Any as `details`, field 3 of Status. */
function writeDetail(out: ProtobufWriter, typeUrl: string, value: Buffer): void {
  out.varint((3 << 3) | 2);
  const start = out.openLength(1);
  out.text(1, typeUrl);
  out.varint((2 << 3) | 2);
  out.varint(value.length);
  out.raw(value, 0, value.length);
  out.closeLength(start, 1);
}

/** RetryInfo.retry_delay = Duration.seconds */
function encodeRetryInfo(seconds: number): Buffer {
  const out = new ProtobufWriter(16);
  out.varint((1 << 3) | 2);
  const start = out.openLength(1);
  out.varint(1 << 3);
  out.varint(Math.ceil(seconds));
  out.closeLength(start, 1);
  return out.finish();
}

/** BadRequest.field_violations = FieldViolation { field, description } */
function encodeBadRequest(description: string): Buffer {
  const out = new ProtobufWriter(description.length + 32);
  out.varint((1 << 3) | 2);
  const start = out.openLength(1);
  out.text(1, 'body');
  out.text(2, description);
  out.closeLength(start, 1);
  return out.finish();
}

/** Cut to what a person reads, and valid Unicode whatever a client's bytes put into it. */
export function shorten(message: string): string {
  if (message.length <= MAX_MESSAGE_CHARS) return Buffer.from(message).toString();
  return `${Buffer.from(message.slice(0, MAX_MESSAGE_CHARS)).toString()}…`;
}
