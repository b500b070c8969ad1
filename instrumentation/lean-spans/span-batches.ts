import { diag } from '@opentelemetry/api';
import type { EndedSpan } from './lean-span.ts';
import { ProtoWriter, varintSize } from './proto-writer.ts';
import { writeKeyValue, writeSpan } from './write-span.ts';

export interface BatchSettings {
  /** A batch is sent this long after its first span, or when it is full. */
  readonly delayMs: number;
  readonly batchSpans: number;
  /** Spans that may wait while a receiver is slow or away; what comes on top is dropped, and counted. */
  readonly waitingSpans: number;
}

/** Sends one ExportTraceServiceRequest; resolves when it is done with the bytes, sent or not. */
export type SendBatch = (request: Uint8Array) => Promise<void>;

/** Room for the fields that stand before the spans and for their lengths. */
const LENGTHS_BYTES = 16;

/**
 * Writes the spans of one scope to the request that will carry them as soon as they end, so that nothing of a span is left
 * to be collected or walked through later.
 *
 *   ExportTraceServiceRequest ─ ResourceSpans ┬ resource
 *                                             └ ScopeSpans ┬ scope
 *                                                          └ spans …
 */
export class SpanBatches {
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;
  readonly #settings: BatchSettings;
  readonly #send: SendBatch;
  readonly #spare: ProtoWriter[] = [];
  readonly #full: ProtoWriter[] = [];
  #filling: ProtoWriter;
  #spans = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  /** `resource` and `scope` are encoded, each with its tag and length. */
  constructor(resource: Uint8Array, scope: Uint8Array, settings: BatchSettings, send: SendBatch) {
    this.#resource = resource;
    this.#scope = scope;
    this.#settings = settings;
    this.#send = send;
    this.#filling = this.#empty();
  }

  readonly add = (span: EndedSpan): void => {
    const { batchSpans, waitingSpans, delayMs } = this.#settings;
    if (this.#full.length * batchSpans + this.#spans >= waitingSpans) {
      this.#dropped += 1;
      return;
    }
    writeSpan(this.#filling, span);
    this.#spans += 1;
    if (this.#spans === batchSpans) {
      this.#close();
      this.#sending ??= this.#sendAll();
    } else if (!this.#timer && !this.#sending) {
      this.#timer = setTimeout(this.#onTime, delayMs);
      this.#timer.unref();
    }
  };

  /** Resolves when all that was added before has been sent, or could not be. */
  async flush(): Promise<void> {
    await this.#sending;
    this.#close();
    this.#sending ??= this.#sendAll();
    await this.#sending;
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    this.#close();
    this.#sending ??= this.#sendAll();
  };

  /** One at a time: a receiver that is slow is not helped by more at once. */
  async #sendAll(): Promise<void> {
    for (let next = this.#full.shift(); next; next = this.#full.shift()) {
      await this.#send(this.#framed(next));
      this.#reuse(next);
    }
    this.#sending = undefined;
    if (this.#dropped > 0) diag.warn(`${this.#dropped} spans were dropped: too many wait already`);
    this.#dropped = 0;
    if (this.#spans > 0) this.#timer ??= setTimeout(this.#onTime, this.#settings.delayMs).unref();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#spans === 0) return;
    this.#full.push(this.#filling);
    this.#filling = this.#spare.pop() ?? this.#empty();
    this.#spans = 0;
  }

  #empty(): ProtoWriter {
    const writer = new ProtoWriter();
    this.#reset(writer);
    return writer;
  }

  #reset(writer: ProtoWriter): void {
    const before = this.#resource.length + this.#scope.length + LENGTHS_BYTES;
    writer.length = 0;
    writer.ensure(before);
    writer.length = before;
  }

  #reuse(writer: ProtoWriter): void {
    if (this.#spare.length > 0) return;
    this.#reset(writer);
    this.#spare.push(writer);
  }

  /** Puts before the spans what contains them, now that its length is known. */
  #framed(writer: ProtoWriter): Uint8Array {
    const { length } = writer;
    const spansStart = this.#resource.length + this.#scope.length + LENGTHS_BYTES;
    const scopeSpans = this.#scope.length + length - spansStart;
    const resourceSpans = this.#resource.length + 1 + varintSize(scopeSpans) + scopeSpans;
    const start =
      spansStart -
      (1 + varintSize(resourceSpans) + this.#resource.length) -
      (1 + varintSize(scopeSpans) + this.#scope.length);
    writer.length = start;
    writer.byte((1 << 3) | 2);
    writer.varint(resourceSpans);
    writer.raw(this.#resource);
    writer.byte((2 << 3) | 2);
    writer.varint(scopeSpans);
    writer.raw(this.#scope);
    writer.length = length;
    return writer.view(start);
  }
}

/** Field `resource` of ResourceSpans (opentelemetry-proto, trace.proto, resource.proto). */
export function encodeResource(attributes: Readonly<Record<string, string>>): Uint8Array {
  const out = new ProtoWriter();
  out.byte((1 << 3) | 2);
  const start = out.open();
  for (const key in attributes) writeKeyValue(out, (1 << 3) | 2, key, attributes[key]);
  out.ensure(2);
  out.byte((2 << 3) | 0);
  out.varint(0);
  out.close(start);
  return Uint8Array.from(out.view(0));
}

/** Field `scope` of ScopeSpans. */
export function encodeScope(name: string, version: string | undefined): Uint8Array {
  const out = new ProtoWriter();
  out.byte((1 << 3) | 2);
  const start = out.open();
  out.byte((1 << 3) | 2);
  out.text(name);
  if (version) {
    out.ensure(1);
    out.byte((2 << 3) | 2);
    out.text(version);
  }
  out.close(start);
  return Uint8Array.from(out.view(0));
}
