import {
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanKind,
  type SpanStatus,
  spanId,
  traceId,
} from '#telemetry/span.ts';
import { addNs, NS_PER_MS, type UnixNano, unixNano } from '#telemetry/time.ts';

/** 8 March 2022, 18:44:17.203 UTC. */
const FIXTURE_START: UnixNano = unixNano(1_646_765_057_203_000_000n);

export interface SpanSketch {
  /** A small number; becomes the span id. */
  readonly id: number;
  readonly parent?: number;
  readonly service: string;
  readonly instance?: string;
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly status?: SpanStatus;
  readonly message?: string;
  /** Milliseconds from the start of the trace. */
  readonly at: readonly [startMs: number, endMs: number];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly sidecar?: boolean;
  readonly events?: readonly { readonly atMs: number; readonly name: string }[];
}

/** A span from the few facts that a test is about. */
export function sketchSpan(sketch: SpanSketch): Span {
  return {
    traceId: traceId('4f1c9a6b00000000000000000055e2f8'),
    spanId: idOf(sketch.id),
    ...(sketch.parent === undefined ? {} : { parentSpanId: idOf(sketch.parent) }),
    traceState: '',
    service: sketch.service,
    instance: sketch.instance ?? `${sketch.service}-1`,
    name: sketch.name ?? 'GET',
    kind: sketch.kind ?? 'internal',
    status: sketch.status ?? 'unset',
    statusMessage: sketch.message ?? '',
    startUnixNano: addNs(FIXTURE_START, sketch.at[0] * NS_PER_MS),
    endUnixNano: addNs(FIXTURE_START, sketch.at[1] * NS_PER_MS),
    attributes: toAttributes(sketch.attributes ?? {}),
    resource: toAttributes({
      'service.name': sketch.service,
      ...(sketch.sidecar === true ? { 'mesh.proxy': 'sidecar' } : {}),
    }),
    scopeName: 'fixture',
    scopeVersion: '',
    events: (sketch.events ?? []).map((event) => ({
      unixNano: addNs(FIXTURE_START, event.atMs * NS_PER_MS),
      name: event.name,
      attributes: new Map(),
    })),
    links: [],
  };
}

function idOf(id: number): ReturnType<typeof spanId> {
  return spanId(id.toString(16).padStart(16, '0'));
}

function toAttributes(record: Readonly<Record<string, AttributeValue>>): Attributes {
  return new Map(Object.entries(record));
}
