import { ProtobufWriter } from '#ingest/protobuf-writer.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import { WireReader } from '#telemetry/otlp/wire-reader.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

export interface CorpusOptions {
  readonly seed: number;
  readonly bodies: number;
  readonly spansPerBody: number;
  readonly spansPerTrace: number;
  readonly services: number;
}

/** One recorded ExportTraceServiceRequest and where in it stands what must differ each time that it is sent. */
export interface RecordedBody {
  readonly bytes: Buffer;
  readonly spans: number;
  /** Offsets of trace ids (16 bytes), span and parent ids (8), and times (fixed64, ns after the start of the corpus). */
  readonly traceIdsAt: Uint32Array;
  readonly spanIdsAt: Uint32Array;
  readonly timesAt: Uint32Array;
}

const NS_PER_MS = 1_000_000;
const ERROR_RATIO = 0.02;
/** Low-cardinality values per attribute, as routes, methods and hosts have them. */
const ROUTES = 40;

/** A body of many traces over several services: about 450 bytes a span, eleven attributes, two of them unlike any other. */
export function recordBody(options: CorpusOptions, index: number): RecordedBody {
  const roll = seededRandom(options.seed * 7919 + index);
  return recordSpans([...draftSpans(options, roll)], options.services, roll);
}

/** The bodies of one trace of `spans` spans: a request that fans out, eight calls to each callee. */
export function recordHugeTrace(options: CorpusOptions, spans: number): readonly RecordedBody[] {
  const roll = seededRandom(options.seed * 7919 - 1);
  const drafts = draftTree(spans, options.services, roll);
  const bodies: RecordedBody[] = [];
  for (let at = 0; at < spans; at += options.spansPerBody) {
    bodies.push(recordSpans(drafts.slice(at, at + options.spansPerBody), options.services, roll));
  }
  return bodies;
}

function recordSpans(
  drafts: readonly SpanDraft[],
  services: number,
  roll: () => number,
): RecordedBody {
  const out = new ProtobufWriter(drafts.length * 600);
  const recorder = new Recorder(out, roll);
  const byService = new Map<number, SpanDraft[]>();
  for (const span of drafts) {
    const spans = byService.get(span.service) ?? [];
    byService.set(span.service, spans);
    spans.push(span);
  }
  for (const [service, spans] of byService) recorder.resourceSpans(service, spans, services);
  return recorder.finish(drafts.length);
}

interface SpanDraft {
  readonly trace: Buffer;
  readonly id: Buffer;
  readonly parent: Buffer | undefined;
  readonly service: number;
  readonly callee: number;
  readonly kind: number;
  readonly startNs: number;
  readonly durationNs: number;
  readonly isError: boolean;
}

function* draftSpans(options: CorpusOptions, roll: () => number): Generator<SpanDraft> {
  for (let n = 0; n < options.spansPerBody; ) {
    const trace = randomBytes(roll, 16);
    const traceStart = Math.floor(roll() * 1000) * NS_PER_MS;
    let parent: Buffer | undefined;
    let service = Math.floor(roll() * options.services);
    for (let k = 0; k < options.spansPerTrace && n < options.spansPerBody; k++, n++) {
      const id = randomBytes(roll, 8);
      const kind = k % 2 === 0 ? 2 : 3;
      const callee = (service + 1 + Math.floor(roll() * 3)) % options.services;
      const durationNs = Math.floor(Math.exp(13 + roll() * 4));
      const startNs = traceStart + k * 500_000 + Math.floor(roll() * 300_000);
      yield {
        trace,
        id,
        parent,
        service,
        callee,
        kind,
        startNs,
        durationNs,
        isError: roll() < ERROR_RATIO,
      };
      parent = id;
      if (kind === 3) service = callee;
    }
  }
}

const CHILDREN = 8;

function draftTree(spans: number, services: number, roll: () => number): readonly SpanDraft[] {
  const trace = randomBytes(roll, 16);
  const drafts: SpanDraft[] = [];
  for (let n = 0; n < spans; n++) {
    const parent = n === 0 ? undefined : drafts[Math.floor((n - 1) / CHILDREN)];
    const isCall = parent?.kind === 2;
    drafts.push({
      trace,
      id: randomBytes(roll, 8),
      parent: parent?.id,
      service: parent === undefined ? 0 : isCall ? parent.service : parent.callee,
      callee: Math.floor(roll() * services),
      kind: isCall ? 3 : 2,
      startNs: (parent?.startNs ?? 0) + Math.floor(roll() * 20 * NS_PER_MS),
      durationNs: Math.floor(Math.exp(13 + roll() * 4)),
      isError: roll() < ERROR_RATIO,
    });
  }
  return drafts;
}

class Recorder {
  readonly #out: ProtobufWriter;
  readonly #roll: () => number;

  constructor(out: ProtobufWriter, roll: () => number) {
    this.#out = out;
    this.#roll = roll;
  }

  finish(spans: number): RecordedBody {
    const bytes = this.#out.finish();
    const places = new Map<number, number[]>(
      [0x0a, 0x12, 0x22, 0x39, 0x41].map((tag) => [tag, []]),
    );
    const { batch } = decodeSpanBatch(bytes);
    const reader = new WireReader(bytes);
    for (let i = 0; i < batch.count; i++) {
      const end = batch.spanTo[i] as number;
      for (reader.at = batch.spanFrom[i] as number; reader.at < end; ) {
        const tag = reader.varint();
        // Ids stand behind their length of one byte.
        places.get(tag)?.push(reader.at + ((tag & 7) === 2 ? 1 : 0));
        reader.skip(tag, end);
      }
    }
    const of = (...tags: readonly number[]): Uint32Array =>
      Uint32Array.from(tags.flatMap((tag) => places.get(tag) ?? []));
    return {
      bytes,
      spans,
      traceIdsAt: of(0x0a),
      spanIdsAt: of(0x12, 0x22),
      timesAt: of(0x39, 0x41),
    };
  }

  resourceSpans(service: number, spans: readonly SpanDraft[], services: number): void {
    this.#message(0x0a, () => {
      this.#message(0x0a, () => {
        this.#attribute(0x0a, 'service.name', `service-${service}`);
        this.#attribute(0x0a, 'service.instance.id', `service-${service}-${service % 3}`);
        this.#attribute(0x0a, 'service.version', '1.42.0');
        this.#attribute(0x0a, 'deployment.environment.name', 'production');
        this.#attribute(0x0a, 'telemetry.sdk.language', 'nodejs');
      });
      this.#message(0x12, () => {
        this.#message(0x0a, () => {
          this.#out.text(1, '@opentelemetry/instrumentation-http');
          this.#out.text(2, '0.223.0');
        });
        for (const span of spans) this.#message(0x12, () => this.#span(span, services));
      });
    });
  }

  #span(span: SpanDraft, services: number): void {
    const roll = this.#roll;
    const route = Math.floor(roll() * ROUTES);
    this.#id(0x0a, span.trace);
    this.#id(0x12, span.id);
    if (span.parent) this.#id(0x22, span.parent);
    this.#out.text(5, `GET /v2/items/{id}/part-${route}`);
    this.#out.varint(0x30);
    this.#out.varint(span.kind);
    this.#time(0x39, span.startNs);
    this.#time(0x41, span.startNs + span.durationNs);
    this.#attribute(0x4a, 'http.request.method', 'GET');
    this.#attribute(0x4a, 'http.route', `/v2/items/{id}/part-${route}`);
    this.#attribute(0x4a, 'url.path', `/v2/items/${Math.floor(roll() * 1e9)}/part-${route}`);
    this.#attribute(0x4a, 'network.protocol.version', '1.1');
    this.#attribute(0x4a, 'user.id', `user-${Math.floor(roll() * 1e12).toString(36)}`);
    this.#attribute(0x4a, 'thread.name', `worker-${Math.floor(roll() * 8)}`);
    this.#attribute(0x4a, 'tenant', `tenant-${Math.floor(roll() * 50)}`);
    this.#integer('http.response.status_code', span.isError ? 503 : 200);
    this.#integer('http.response.body.size', Math.floor(roll() * 20_000));
    if (span.kind === 3) {
      this.#attribute(0x4a, 'service.peer.name', `service-${span.callee}`);
      this.#attribute(0x4a, 'mesh.routing.mode', roll() < 0.9 ? 'xds' : 'dns');
      this.#attribute(
        0x4a,
        'network.peer.address',
        `10.0.${span.callee % 250}.${Math.floor(roll() * services)}`,
      );
    }
    if (span.isError) this.#message(0x7a, () => this.#status());
  }

  #status(): void {
    this.#out.text(2, 'upstream answered 503');
    this.#out.varint(0x18);
    this.#out.varint(2);
  }

  #message(tag: number, write: () => void): void {
    this.#out.varint(tag);
    const start = this.#out.openLength(2);
    write();
    this.#out.closeLength(start, 2);
  }

  #attribute(tag: number, key: string, value: string): void {
    const size = key.length + value.length;
    this.#out.varint(tag);
    this.#out.varint(size + 6);
    this.#out.text(1, key);
    this.#out.varint(0x12);
    this.#out.varint(value.length + 2);
    this.#out.text(1, value);
  }

  #integer(key: string, value: number): void {
    const valueBytes = value < 128 ? 1 : value < 16_384 ? 2 : 3;
    this.#out.varint(0x4a);
    this.#out.varint(key.length + 2 + 2 + 1 + valueBytes);
    this.#out.text(1, key);
    this.#out.varint(0x12);
    this.#out.varint(valueBytes + 1);
    this.#out.varint(0x18);
    this.#out.varint(value);
  }

  #id(tag: number, id: Buffer): void {
    this.#out.varint(tag);
    this.#out.varint(id.length);
    this.#out.raw(id, 0, id.length);
  }

  #time(tag: number, ns: number): void {
    this.#out.varint(tag);
    this.#out.fixed64(Math.floor(ns / 2 ** 32), ns % 2 ** 32);
  }
}

function randomBytes(roll: () => number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => 1 + Math.floor(roll() * 255)));
}

/** Writes ids of this sending and times after `startUnixNano` into a copy: nothing about it was ever seen before. */
export function freshBody(body: RecordedBody, nonce: number, startUnixNano: bigint): Buffer {
  const bytes = Buffer.from(body.bytes);
  for (const at of body.traceIdsAt) mark(bytes, at + 8, nonce);
  for (const at of body.spanIdsAt) mark(bytes, at, nonce);
  for (const at of body.timesAt) {
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + startUnixNano, at);
  }
  return bytes;
}

function mark(bytes: Buffer, at: number, nonce: number): void {
  bytes.writeUInt32LE((bytes.readUInt32LE(at) ^ Math.imul(nonce + 1, 0x9e3779b1)) >>> 0, at);
}
