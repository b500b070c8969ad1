import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resources, tracing } from '@opentelemetry/sdk-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LeanTracerProvider } from '#instrumentation/lean-spans/lean-tracer.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const RESOURCE = { 'service.name': 'gateway', 'service.instance.id': 'gateway-1' };
const SETTINGS = { delayMs: 1, batchSpans: 1000, waitingSpans: 4000 };
/** Nanoseconds that a number cannot hold. */
const START: [number, number] = [1_544_712_660, 123_456_789];
const LATER: [number, number] = [1_544_712_661, 987_654_321];

afterEach(() => vi.restoreAllMocks());

/** The same chance for both, hence the same ids. */
function sameIds(): void {
  const random = seededRandom(7);
  vi.spyOn(Math, 'random').mockImplementation(random);
}

async function byLean(play: (tracer: Tracer) => void): Promise<Buffer> {
  sameIds();
  const sent: Buffer[] = [];
  const send = async (request: Uint8Array) => {
    sent.push(Buffer.from(request));
  };
  const ids = new tracing.RandomIdGenerator();
  const provider = new LeanTracerProvider(RESOURCE, SETTINGS, send, ids);
  play(provider.getTracer('test', '1.2.3'));
  await provider.flush();
  expect(sent).toHaveLength(1);
  return sent[0] as Buffer;
}

function bySdk(play: (tracer: Tracer) => void): Buffer {
  sameIds();
  const exporter = new tracing.InMemorySpanExporter();
  const provider = new tracing.BasicTracerProvider({
    resource: resources.resourceFromAttributes(RESOURCE),
    spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  });
  play(provider.getTracer('test', '1.2.3'));
  return Buffer.from(
    ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans()) as Uint8Array,
  );
}

const REMOTE: Context = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  traceState: createTraceState('vendor=1,other=ü'),
});

const PLAYS: Readonly<Record<string, (tracer: Tracer) => void>> = {
  'a root and its child': (tracer) => {
    const root = tracer.startSpan('GET', { kind: SpanKind.SERVER, startTime: START });
    const inside = trace.setSpan(ROOT_CONTEXT, root);
    tracer.startSpan('GET', { kind: SpanKind.CLIENT, startTime: START }, inside).end(LATER);
    root.end(LATER);
  },
  'a child of a remote parent': (tracer) => {
    tracer.startSpan('taken over', { startTime: START }, REMOTE).end(LATER);
  },
  'attributes of every type': (tracer) => {
    const attributes = {
      text: 'größer 🎵',
      empty: '',
      long: 'x'.repeat(5000),
      almost: 'é'.repeat(126),
      whole: 42,
      negative: -7,
      large: 2 ** 60,
      fraction: 0.25,
      nothing: Number.NaN,
      yes: true,
      no: false,
      list: ['a', 'b'],
      numbers: [1, -2, 3.5],
      none: [],
    };
    const span = tracer.startSpan('all', { startTime: START, attributes });
    span.setAttribute('whole', 43).setAttributes({ yes: false, more: 'added' });
    span.setAttribute('', 'no name').setAttribute('absent', undefined as never);
    span.end(LATER);
    span.setAttribute('after', 'the end');
  },
  'frozen attributes, shared and then overwritten': (tracer) => {
    const attributes = Object.freeze({ mode: 'xds', connected: true, version: '7' });
    const first = tracer.startSpan('a', { startTime: START, attributes });
    first.setAttribute('status', 200).end(LATER);
    const second = tracer.startSpan('b', { startTime: START, attributes });
    second.setAttribute('peer', '::1').setAttribute('version', '8').end(LATER);
    tracer.startSpan('c', { startTime: START, attributes }).end(LATER);
  },
  'events, links and statuses': (tracer) => {
    const links = [{ context: trace.getSpanContext(REMOTE)!, attributes: { why: 'test' } }];
    const span = tracer.startSpan('told', { startTime: START, links });
    span.addEvent('retry', { attempt: 2 }, START).addEvent('plain', LATER);
    span.recordException({ name: 'TypeError', message: 'no', stack: 'at x' }, LATER);
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no address' });
    span.setStatus({ code: SpanStatusCode.UNSET });
    span.updateName('renamed').end(LATER);
    const fine = tracer.startSpan('fine', { startTime: START });
    fine.setStatus({ code: SpanStatusCode.OK, message: 'left out' });
    fine.setStatus({ code: SpanStatusCode.ERROR }).end(LATER);
  },
  'more attributes, events and links than a span may have': (tracer) => {
    const span = tracer.startSpan('too much', { startTime: START });
    for (let n = 0; n < 140; n++) {
      span.setAttribute(`a${n}`, n).addEvent(`e${n}`, {}, START);
      span.addLink({ context: trace.getSpanContext(REMOTE)! });
    }
    span.setAttribute('a3', 'again').end(LATER);
  },
  'an end before the start': (tracer) => {
    tracer.startSpan('backwards', { startTime: LATER }).end(START);
  },
  'times as Date and as milliseconds': (tracer) => {
    tracer.startSpan('date', { startTime: new Date(1_700_000_000_123) }).end(1_700_000_000_456.5);
  },
  'an active span': (tracer) => {
    tracer.startActiveSpan('active', { startTime: START, root: true }, REMOTE, (span) => {
      span.end(LATER);
    });
  },
};

describe('a lean span', () => {
  it.each(Object.entries(PLAYS))('is on the wire what the SDK writes: %s', async (_name, play) => {
    const lean = await byLean(play);
    const sdk = bySdk(play);
    expect(lean.toString('hex')).toBe(sdk.toString('hex'));
  });

  it('takes its time from the clock when nobody says it', async () => {
    const beforeMs = Date.now();
    const bytes = await byLean((tracer) => tracer.startSpan('x').end());
    const afterMs = Date.now();
    const at = bytes.indexOf(Buffer.from([0x2a, 1, 0x78, 0x30, 1, 0x39])) + 6;
    const start = bytes.readBigUInt64LE(at);
    const end = bytes.readBigUInt64LE(at + 9);
    expect(Number(start / 1_000_000n)).toBeGreaterThanOrEqual(beforeMs);
    expect(end).toBeGreaterThan(start);
    expect(Number(end / 1_000_000n)).toBeLessThanOrEqual(afterMs + 1);
  });

  it('of a caller that is not sampled is not recorded, and passes the decision on', async () => {
    const provider = new LeanTracerProvider(RESOURCE, SETTINGS, () => Promise.reject(new Error()));
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      ...trace.getSpanContext(REMOTE)!,
      traceFlags: TraceFlags.NONE,
    });
    const span = provider.getTracer('test').startSpan('x', {}, context);
    expect(span.isRecording()).toBe(false);
    expect(span.spanContext()).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      traceFlags: TraceFlags.NONE,
    });
    span.end();
    await provider.flush();
  });
});

describe('the batches of lean spans', () => {
  function start(send: (request: Uint8Array) => Promise<void>) {
    const settings = { delayMs: 60_000, batchSpans: 10, waitingSpans: 30 };
    return new LeanTracerProvider(RESOURCE, settings, send);
  }

  it('are sent when full, one after the other, and the rest with a flush', async () => {
    const sizes: number[] = [];
    let underWay = 0;
    const provider = start(async (request) => {
      underWay += 1;
      expect(underWay).toBe(1);
      sizes.push(Buffer.from(request).toString('latin1').split('span-').length - 1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    });
    const tracer = provider.getTracer('test');
    for (let n = 0; n < 25; n++) tracer.startSpan(`span-${n}.`).end();
    await provider.flush();
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('drop what a receiver that hangs would let grow without end', async () => {
    const names: string[] = [];
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const provider = start(async (request) => {
      names.push(
        ...(Buffer.from(request)
          .toString('latin1')
          .match(/span-\d+\./g) ?? []),
      );
      await hanging;
    });
    const tracer = provider.getTracer('test');
    for (let n = 0; n < 100; n++) tracer.startSpan(`span-${n}.`).end();
    release();
    await provider.flush();
    // Ten are under way, thirty wait.
    expect(names).toEqual(Array.from({ length: 40 }, (_, n) => `span-${n}.`));
  });
});
