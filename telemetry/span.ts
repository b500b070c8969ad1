import type { UnixNano } from './time.ts';

/** 16 bytes as 32 lower-case hex digits. */
export type TraceId = string & { readonly __id: 'trace' };
/** 8 bytes as 16 lower-case hex digits. */
export type SpanId = string & { readonly __id: 'span' };

/**
 * An attribute value as OTLP's AnyValue holds it. Integers are bigint (int64), bytes stay bytes.
 * opentelemetry/proto/common/v1/common.proto.
 */
export type AttributeValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }
  | undefined;

export type Attributes = ReadonlyMap<string, AttributeValue>;

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
/** In wire order: the index is the number in trace.proto. */
export const SPAN_KINDS: readonly SpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
];

export type SpanStatus = 'unset' | 'ok' | 'error';
/** In wire order: the index is the number in trace.proto. */
export const SPAN_STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];

export interface SpanEvent {
  readonly unixNano: UnixNano;
  readonly name: string;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly traceState: string;
  readonly attributes: Attributes;
}

/** One finished operation, as read from the store. Field meanings: opentelemetry/proto/trace/v1/trace.proto. */
export interface Span {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** Absent on a root span. */
  readonly parentSpanId?: SpanId;
  readonly traceState: string;
  /** `service.name` of the resource, `unknown_service` when it has none. */
  readonly service: string;
  /** `service.instance.id` of the resource, '' when it has none. */
  readonly instance: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly startUnixNano: UnixNano;
  readonly endUnixNano: UnixNano;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

export function traceId(hex: string): TraceId {
  return hex as TraceId;
}

export function spanId(hex: string): SpanId {
  return hex as SpanId;
}
