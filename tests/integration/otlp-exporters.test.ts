import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { metrics, resources, tracing } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { type Span, traceId } from '#telemetry/span.ts';
import { fromUnixMs } from '#telemetry/time.ts';
import { type StoredReceiver, startStoredReceiver } from '#tests/support/otlp/stored-receiver.ts';

/** `EXPORTER_SPANS=100000 npx vitest …` for the long run. */
const SPANS = Number(process.env['EXPORTER_SPANS'] ?? 1000);
const resource = resources.resourceFromAttributes({ 'service.name': 'stranger' });
/** Nanoseconds that a number cannot hold. */
const START: [number, number] = [1_544_712_660, 123_456_789];
const END: [number, number] = [1_544_712_661, 987_654_321];
const ATTRIBUTES: Attributes = {
  text: 'größer 🎵',
  whole: 42,
  fraction: 0.25,
  flag: true,
  list: ['a', 'b'],
  numbers: [1, 2, 3],
};

let receiver: StoredReceiver;
beforeAll(async () => {
  receiver = await startStoredReceiver();
});
afterAll(() => receiver.stop());

/** A trace with links, events and statuses, sent through `exporter`; resolves when all of it was answered. */
async function send(exporter: tracing.SpanExporter): Promise<string> {
  const processor = new tracing.BatchSpanProcessor(exporter, { maxQueueSize: SPANS * 2 });
  const provider = new tracing.BasicTracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer('test', '1.2.3');
  const root = tracer.startSpan('root', { kind: SpanKind.SERVER, startTime: START });
  const context: Context = trace.setSpan(ROOT_CONTEXT, root);
  for (let i = 1; i < SPANS; i++) {
    const options = { kind: SpanKind.CLIENT, startTime: START, attributes: { ...ATTRIBUTES, i } };
    const span = tracer.startSpan(`call ${i % 7}`, options, context);
    span.addEvent('retry', { attempt: i }, START);
    span.addLink({ context: root.spanContext(), attributes: { why: 'test' } });
    if (i % 50 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'no address' });
    span.end(END);
    // An exporter takes thirty requests at once, and a flush sends all that waits.
    if (i % 5000 === 0) await provider.forceFlush();
  }
  root.end(END);
  await provider.forceFlush();
  await provider.shutdown();
  return root.spanContext().traceId;
}

/** Spans by their number, without the ids, which differ from one sending to the next. */
async function readSent(id: string): Promise<readonly unknown[]> {
  const spans = await readTrace(receiver.store.db, traceId(id));
  const number = (span: Span): number => Number(span.attributes.get('i') ?? 0);
  return [...spans]
    .sort((a, b) => number(a) - number(b))
    .map(({ traceId: _, spanId: __, parentSpanId, links, ...rest }) => ({
      ...rest,
      isRoot: parentSpanId === undefined,
      links: links.map((link) => link.attributes),
    }));
}

describe('the stock exporters of npm', () => {
  it('deliver the same spans by http/json, http/protobuf and grpc', async () => {
    const http = `http://127.0.0.1:${receiver.http.port}/v1/traces`;
    const byJson = await readSent(await send(new JsonExporter({ url: http })));
    const byProtobuf = await readSent(await send(new ProtobufExporter({ url: http })));
    const byGrpc = await readSent(
      await send(new GrpcExporter({ url: `http://127.0.0.1:${receiver.grpc.port}` })),
    );
    expect(byJson).toHaveLength(SPANS);
    expect(byJson[1]).toMatchObject({
      service: 'stranger',
      scopeName: 'test',
      scopeVersion: '1.2.3',
      kind: 'client',
      startUnixNano: 1544712660123456789n,
      endUnixNano: 1544712661987654321n,
      isRoot: false,
    });
    expect(byProtobuf).toEqual(byJson);
    expect(byGrpc).toEqual(byJson);
    const { requests, lastRefusal } = receiver.counters.snapshot();
    expect(lastRefusal).toBeUndefined();
    expect(requests.map(({ transport, acceptedItems }) => [transport, acceptedItems])).toEqual([
      ['http/json', SPANS],
      ['http/protobuf', SPANS],
      ['grpc', SPANS],
    ]);
  });

  it('deliver with gzip', async () => {
    const url = `http://127.0.0.1:${receiver.http.port}/v1/traces`;
    const gzip = 'gzip' as never;
    const id = await send(new ProtobufExporter({ url, compression: gzip }));
    const grpc = await send(
      new GrpcExporter({ url: `http://127.0.0.1:${receiver.grpc.port}`, compression: gzip }),
    );
    expect(await readSent(id)).toHaveLength(SPANS);
    expect(await readSent(grpc)).toHaveLength(SPANS);
  });

  it('deliver metrics', async () => {
    const exporter = new OTLPMetricExporter({
      url: `http://127.0.0.1:${receiver.http.port}/v1/metrics`,
    });
    const reader = new metrics.PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 60_000,
    });
    const provider = new metrics.MeterProvider({ resource, readers: [reader] });
    provider.getMeter('test').createCounter('stranger.requests').add(7, { route: '/' });
    provider.getMeter('test').createHistogram('stranger.duration', { unit: 's' }).record(0.3);
    await provider.forceFlush();
    const nowMs = Date.now();
    const points = await readMetricPoints(receiver.store.db, {
      names: ['stranger.requests', 'stranger.duration'],
      window: {
        startUnixNano: fromUnixMs(nowMs - 60_000),
        endUnixNano: fromUnixMs(nowMs + 60_000),
      },
    });
    expect(points.map((point) => [point.name, point.service, point.value.kind])).toEqual(
      expect.arrayContaining([
        ['stranger.requests', 'stranger', 'sum'],
        ['stranger.duration', 'stranger', 'histogram'],
      ]),
    );
    await provider.shutdown();
  });
});
