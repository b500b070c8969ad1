import {
  context as activeContext,
  type Context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { core, type tracing } from '@opentelemetry/sdk-node';
import { LeanSpan } from './lean-span.ts';
import {
  type BatchSettings,
  encodeResource,
  encodeScope,
  type SendBatch,
  SpanBatches,
} from './span-batches.ts';
import { DrawnIds } from './span-ids.ts';

/**
 * The API's tracers without the SDK's span objects: a process that makes two spans for each request that it passes on
 * would spend most of its time on those. Sampling is the SDK's default, the parent's decision and else yes; attribute
 * limits are the specification's. Processors, samplers and limits of the environment are the SDK's matter and not here.
 */
export class LeanTracerProvider implements TracerProvider {
  readonly #resource: Uint8Array;
  readonly #settings: BatchSettings;
  readonly #send: SendBatch;
  readonly #ids: tracing.IdGenerator;
  readonly #batches: SpanBatches[] = [];
  readonly #tracers = new Map<string, Tracer>();

  constructor(
    resource: Readonly<Record<string, string>>,
    settings: BatchSettings,
    send: SendBatch,
    ids: tracing.IdGenerator = new DrawnIds(),
  ) {
    this.#resource = encodeResource(resource);
    this.#settings = settings;
    this.#send = send;
    this.#ids = ids;
  }

  getTracer(name: string, version?: string, _options?: TracerOptions): Tracer {
    const key = `${name}@${version ?? ''}`;
    const known = this.#tracers.get(key);
    if (known) return known;
    const scope = encodeScope(name, version);
    const batches = new SpanBatches(this.#resource, scope, this.#settings, this.#send);
    const tracer = new LeanTracer(batches, this.#ids);
    this.#batches.push(batches);
    this.#tracers.set(key, tracer);
    return tracer;
  }

  async flush(): Promise<void> {
    await Promise.all(this.#batches.map((batches) => batches.flush()));
  }
}

class LeanTracer implements Tracer {
  readonly #batches: SpanBatches;
  readonly #ids: tracing.IdGenerator;

  constructor(batches: SpanBatches, ids: tracing.IdGenerator) {
    this.#batches = batches;
    this.#ids = ids;
  }

  startSpan(name: string, options: SpanOptions = {}, context = activeContext.active()): Span {
    if (core.isTracingSuppressed(context)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const parent = options.root ? undefined : parentIn(context);
    const spanId = this.#ids.generateSpanId();
    const traceId = parent?.traceId ?? this.#ids.generateTraceId();
    const isSampled = !parent || (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const own: SpanContext = parent?.traceState
      ? { traceId, spanId, traceFlags, traceState: parent.traceState }
      : { traceId, spanId, traceFlags };
    if (!isSampled) return trace.wrapSpanContext(own);
    const kind = options.kind ?? SpanKind.INTERNAL;
    const span = new LeanSpan(name, kind, own, parent, options.startTime, this.#batches.add);
    if (options.links) span.addLinks(options.links);
    if (options.attributes) span.setAttributes(options.attributes);
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, run: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    run: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    run: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: readonly (SpanOptions | Context | F)[]
  ): ReturnType<F> {
    const run = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : activeContext.active();
    const span = this.startSpan(name, options, parent);
    const inside = trace.setSpan(parent, span);
    return activeContext.with(inside, run as (span: Span) => ReturnType<F>, undefined, span);
  }
}

function parentIn(context: Context): SpanContext | undefined {
  const span = trace.getSpan(context);
  // What was made here is valid.
  if (span instanceof LeanSpan) return span.context;
  const given = span?.spanContext();
  return given && isSpanContextValid(given) ? given : undefined;
}
