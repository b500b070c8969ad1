import type { Attributes, AttributeValue, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { EndedSpan, SpanEvent } from './lean-span.ts';
import { ProtoWriter } from './proto-writer.ts';

/** A tag is `field << 3 | wire type`: 0 varint, 1 eight bytes, 2 with a length, 5 four bytes. */
const SPANS_OF_SCOPE = (2 << 3) | 2;
/** Nearly all are of 128 to 16,383 bytes. */
const SPAN_LENGTH_BYTES = 2;
const IS_REMOTE_KNOWN = 0x100;
const IS_REMOTE = 0x200;

/** opentelemetry-proto, trace.proto, message Span, as a field of ScopeSpans; the fields in the order of the SDK's own writer. */
export function writeSpan(out: ProtoWriter, span: EndedSpan): void {
  const { context, parent } = span;
  out.ensure(128);
  out.byte(SPANS_OF_SCOPE);
  const start = out.open(SPAN_LENGTH_BYTES);
  writeIds(out, context);
  if (parent) {
    out.byte((4 << 3) | 2);
    out.hex(parent.spanId);
  }
  out.byte((5 << 3) | 2);
  out.text(span.name);
  out.ensure(64);
  out.byte((6 << 3) | 0);
  // The API counts from INTERNAL = 0, OTLP from UNSPECIFIED = 0.
  out.byte(span.kind + 1);
  out.byte((7 << 3) | 1);
  out.unixNano(span.startTime[0], span.startTime[1]);
  out.byte((8 << 3) | 1);
  out.unixNano(span.endTime[0], span.endTime[1]);
  if (span.shared) out.raw(encodeShared(span.shared));
  const { attributes } = span;
  for (let at = 0; at < attributes.length; at += 2) {
    writeKeyValue(out, SPAN_ATTRIBUTE, attributes[at] as string, attributes[at + 1]);
  }
  writeCount(out, 10, span.droppedAttributes);
  for (const event of span.events) writeEvent(out, event);
  writeCount(out, 12, span.droppedEvents);
  for (const link of span.links) writeLink(out, link);
  writeCount(out, 14, span.droppedLinks);
  writeStatus(out, span.status);
  out.ensure(8);
  // 16 takes a tag of two bytes.
  out.byte(0x85);
  out.byte(0x01);
  out.fixed32(flagsOf(context, parent?.isRemote === true));
  out.close(start, SPAN_LENGTH_BYTES);
}

const SPAN_ATTRIBUTE = (9 << 3) | 2;
const KEY = (1 << 3) | 2;
const VALUE = (2 << 3) | 2;

export function writeKeyValue(
  out: ProtoWriter,
  tag: number,
  key: string,
  value: AttributeValue | undefined,
): void {
  if (typeof value === 'string' && out.keyedText(tag, key, value)) return;
  if (isCount(value) && out.keyedCount(tag, key, value)) return;
  out.ensure(8);
  out.byte(tag);
  const start = out.open();
  out.byte(KEY);
  out.text(key);
  out.ensure(8);
  out.byte(VALUE);
  const valueStart = out.open();
  writeAnyValue(out, value);
  out.close(valueStart);
  out.close(start);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value && value >= 0;
}

function writeAnyValue(out: ProtoWriter, value: unknown): void {
  out.ensure(16);
  if (typeof value === 'string') {
    out.byte((1 << 3) | 2);
    out.text(value);
  } else if (typeof value === 'boolean') {
    out.byte((2 << 3) | 0);
    out.byte(value ? 1 : 0);
  } else if (typeof value === 'number') {
    writeNumber(out, value);
  } else if (Array.isArray(value)) {
    out.byte((5 << 3) | 2);
    const start = out.open();
    for (const item of value) {
      out.ensure(2);
      out.byte((1 << 3) | 2);
      const itemStart = out.open();
      writeAnyValue(out, item);
      out.close(itemStart);
    }
    out.close(start);
  }
}

function writeNumber(out: ProtoWriter, value: number): void {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) {
    out.byte((3 << 3) | 0);
    out.int64(value);
  } else {
    out.byte((4 << 3) | 1);
    out.double(value);
  }
}

const encoded = new WeakMap<Attributes, Uint8Array>();

/** What is frozen stays as it is: encoded when it is first met. */
function encodeShared(attributes: Attributes): Uint8Array {
  const known = encoded.get(attributes);
  if (known) return known;
  const out = new ProtoWriter();
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined && value !== null) writeKeyValue(out, SPAN_ATTRIBUTE, key, value);
  }
  const bytes = Uint8Array.from(out.view(0));
  encoded.set(attributes, bytes);
  return bytes;
}

function writeIds(out: ProtoWriter, { traceId, spanId, traceState }: SpanContext): void {
  out.ensure(32);
  out.byte((1 << 3) | 2);
  out.hex(traceId);
  out.byte((2 << 3) | 2);
  out.hex(spanId);
  const state = traceState?.serialize();
  if (!state) return;
  out.ensure(1);
  out.byte((3 << 3) | 2);
  out.text(state);
  out.ensure(16);
}

function writeCount(out: ProtoWriter, field: number, count: number): void {
  out.ensure(11);
  out.byte((field << 3) | 0);
  out.varint(count);
}

function writeEvent(out: ProtoWriter, { name, time, attributes }: SpanEvent): void {
  out.ensure(16);
  out.byte((11 << 3) | 2);
  const start = out.open();
  out.byte((1 << 3) | 1);
  out.unixNano(time[0], time[1]);
  out.ensure(1);
  out.byte((2 << 3) | 2);
  out.text(name);
  writeAttributes(out, (3 << 3) | 2, attributes);
  writeCount(out, 4, 0);
  out.close(start);
}

function writeLink(out: ProtoWriter, { context, attributes }: Link): void {
  out.ensure(8);
  out.byte((13 << 3) | 2);
  const start = out.open();
  writeIds(out, context);
  if (attributes) writeAttributes(out, (4 << 3) | 2, attributes);
  writeCount(out, 5, 0);
  out.ensure(8);
  out.byte((6 << 3) | 5);
  out.fixed32(flagsOf(context, context.isRemote === true));
  out.close(start);
}

function writeAttributes(out: ProtoWriter, tag: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined && value !== null) writeKeyValue(out, tag, key, value);
  }
}

function writeStatus(out: ProtoWriter, { code, message }: SpanStatus): void {
  out.ensure(8);
  out.byte((15 << 3) | 2);
  const start = out.open();
  if (message) {
    out.byte((2 << 3) | 2);
    out.text(message);
    out.ensure(2);
  }
  out.byte((3 << 3) | 0);
  out.byte(code);
  out.close(start);
}

function flagsOf({ traceFlags }: SpanContext, isRemote: boolean): number {
  return (traceFlags & 0xff) | IS_REMOTE_KNOWN | (isRemote ? IS_REMOTE : 0);
}
