import { transcodeOtlpJson } from '#ingest/otlp-json.ts';

/** One span as a test writes it: OTLP/JSON keys, times in nanoseconds since the epoch. */
export interface TestSpan {
  readonly service?: string;
  readonly instance?: string;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly status?: number;
  readonly statusMessage?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

const LIMIT_BYTES = 64 * 1024 * 1024;

/** An ExportTraceServiceRequest in protobuf, each span under its own resource. */
export function tracesBody(spans: readonly TestSpan[]): Uint8Array {
  const json = { resourceSpans: spans.map(toResourceSpans) };
  return transcodeOtlpJson('traces', Buffer.from(JSON.stringify(json)), LIMIT_BYTES).body;
}

function toResourceSpans(span: TestSpan): object {
  const resource = {
    ...(span.service !== undefined && { 'service.name': span.service }),
    ...(span.instance !== undefined && { 'service.instance.id': span.instance }),
    ...span.resource,
  };
  return {
    resource: { attributes: toKeyValues(resource) },
    scopeSpans: [
      {
        scope: { name: 'test', version: '1' },
        spans: [
          {
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId ?? '',
            name: span.name ?? 'GET',
            kind: span.kind ?? 1,
            startTimeUnixNano: span.start.toString(),
            endTimeUnixNano: span.end.toString(),
            attributes: toKeyValues(span.attributes ?? {}),
            status: { code: span.status ?? 0, message: span.statusMessage ?? '' },
          },
        ],
      },
    ],
  };
}

/** Integers as bigint, other numbers as double. */
function toKeyValues(attributes: Readonly<Record<string, unknown>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

function toAnyValue(value: unknown): object {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return { intValue: value.toString() };
    case 'number':
      return { doubleValue: value };
    default:
      return { arrayValue: { values: (value as readonly unknown[]).map(toAnyValue) } };
  }
}
