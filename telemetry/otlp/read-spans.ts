import { attributeText } from '../attribute-text.ts';
import { ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME } from '../attributes.ts';
import {
  type Attributes,
  type AttributeValue,
  SPAN_KINDS,
  SPAN_STATUSES,
  type Span,
  type SpanEvent,
  type SpanLink,
  spanId,
  traceId,
} from '../span.ts';
import { type UnixNano, unixNano } from '../time.ts';
import { readKeyValue } from './read-attributes.ts';
import { UNKNOWN_SERVICE } from './read-sender.ts';
import { readHex, readText } from './read-text.ts';
import { WireReader } from './wire-reader.ts';

/** Says from its trace id, which stands at `at` in `bytes`, whether a span is wanted. */
export type WantSpan = (bytes: Uint8Array, at: number) => boolean;

interface Wanted {
  readonly wants: WantSpan;
  /** Of the spans' own attributes only these. */
  readonly keys: ReadonlySet<string> | undefined;
}

/** The wanted spans of OTLP TracesData, in its order; with `keys`, only those of their attributes are read. */
export function readSpans(bytes: Uint8Array, wants: WantSpan, keys?: ReadonlySet<string>): Span[] {
  const reader = new WireReader(bytes);
  const spans: Span[] = [];
  const end = bytes.length;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x0a) readResourceSpans(reader, reader.lengthEnd(end), { wants, keys }, spans);
    else reader.skip(tag, end);
  }
  return spans;
}

interface Sender {
  readonly service: string;
  readonly instance: string;
  readonly resource: Attributes;
  scopeName: string;
  scopeVersion: string;
}

function readResourceSpans(reader: WireReader, end: number, wanted: Wanted, into: Span[]): void {
  const from = reader.at;
  const resource = new Map<string, AttributeValue>();
  each(reader, end, (tag) => {
    if (tag !== 0x0a) return false;
    const resourceEnd = reader.lengthEnd(end);
    each(reader, resourceEnd, (inner) => {
      if (inner !== 0x0a) return false;
      readKeyValue(reader, reader.lengthEnd(resourceEnd), resource);
      return true;
    });
    return true;
  });
  const service = attributeText(resource.get(ATTR_SERVICE_NAME)) || UNKNOWN_SERVICE;
  const instance = attributeText(resource.get(ATTR_SERVICE_INSTANCE_ID));
  reader.at = from;
  each(reader, end, (tag) => {
    if (tag !== 0x12) return false;
    const sender = { service, instance, resource, scopeName: '', scopeVersion: '' };
    readScopeSpans(reader, reader.lengthEnd(end), sender, wanted, into);
    return true;
  });
}

function readScopeSpans(
  reader: WireReader,
  end: number,
  sender: Sender,
  wanted: Wanted,
  into: Span[],
): void {
  const from = reader.at;
  each(reader, end, (tag) => {
    if (tag !== 0x0a) return false;
    const scopeEnd = reader.lengthEnd(end);
    each(reader, scopeEnd, (inner) => {
      if (inner === 0x0a) sender.scopeName = text(reader, scopeEnd);
      else if (inner === 0x12) sender.scopeVersion = text(reader, scopeEnd);
      else return false;
      return true;
    });
    return true;
  });
  reader.at = from;
  each(reader, end, (tag) => {
    if (tag !== 0x12) return false;
    const spanEnd = reader.lengthEnd(end);
    if (isWanted(reader, spanEnd, wanted.wants)) {
      into.push(readSpan(reader, spanEnd, sender, wanted.keys));
    }
    reader.at = spanEnd;
    return true;
  });
}

/** The trace id is the first field in what every known encoder writes; any other order is read too. */
function isWanted(reader: WireReader, end: number, wants: WantSpan): boolean {
  const from = reader.at;
  let wanted = false;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x0a) {
      const to = reader.lengthEnd(end);
      wanted = to - reader.at === 16 && wants(reader.bytes, reader.at);
      break;
    }
    reader.skip(tag, end);
  }
  reader.at = from;
  return wanted;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readSpan(
  reader: WireReader,
  end: number,
  sender: Sender,
  keys: ReadonlySet<string> | undefined,
): Span {
  const attributes = new Map<string, AttributeValue>();
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  // Each field by its name: a spread would make the object anew with every field behind it.
  const span: Writable<Span> = {
    service: sender.service,
    instance: sender.instance,
    resource: sender.resource,
    scopeName: sender.scopeName,
    scopeVersion: sender.scopeVersion,
    traceId: traceId(''),
    spanId: spanId(''),
    traceState: '',
    name: '',
    kind: 'unspecified',
    status: 'unset',
    statusMessage: '',
    startUnixNano: unixNano(0n),
    endUnixNano: unixNano(0n),
    attributes,
    events,
    links,
  };
  each(reader, end, (tag) => {
    const read = SPAN_FIELDS[tag];
    if (read) read(reader, end, span);
    else if (tag === 0x4a) readKeyValue(reader, reader.lengthEnd(end), attributes, keys);
    else if (tag === 0x5a) events.push(readEvent(reader, reader.lengthEnd(end)));
    else if (tag === 0x6a) links.push(readLink(reader, reader.lengthEnd(end)));
    else return false;
    return true;
  });
  return span;
}

type ReadField = (reader: WireReader, end: number, span: Writable<Span>) => void;

const NO_PARENT = '0000000000000000';

/** By tag: field number << 3 | wire type. */
const SPAN_FIELDS: Readonly<Record<number, ReadField>> = {
  10: (reader, end, span) => {
    span.traceId = traceId(hex(reader, end));
  },
  18: (reader, end, span) => {
    span.spanId = spanId(hex(reader, end));
  },
  26: (reader, end, span) => {
    span.traceState = text(reader, end);
  },
  34: (reader, end, span) => {
    const parent = hex(reader, end);
    if (parent !== '' && parent !== NO_PARENT) span.parentSpanId = spanId(parent);
  },
  42: (reader, end, span) => {
    span.name = text(reader, end);
  },
  48: (reader, _end, span) => {
    span.kind = SPAN_KINDS[reader.varint()] ?? 'unspecified';
  },
  57: (reader, end, span) => {
    span.startUnixNano = instant(reader, end);
  },
  65: (reader, end, span) => {
    span.endUnixNano = instant(reader, end);
  },
  122: (reader, end, span) => {
    const statusEnd = reader.lengthEnd(end);
    each(reader, statusEnd, (tag) => {
      if (tag === 0x12) span.statusMessage = text(reader, statusEnd);
      else if (tag === 0x18) span.status = SPAN_STATUSES[reader.varint()] ?? 'unset';
      else return false;
      return true;
    });
  },
};

function readEvent(reader: WireReader, end: number): SpanEvent {
  const attributes = new Map<string, AttributeValue>();
  const event: Writable<SpanEvent> = { unixNano: unixNano(0n), name: '', attributes };
  each(reader, end, (tag) => {
    if (tag === 0x09) event.unixNano = instant(reader, end);
    else if (tag === 0x12) event.name = text(reader, end);
    else if (tag === 0x1a) readKeyValue(reader, reader.lengthEnd(end), attributes);
    else return false;
    return true;
  });
  return event;
}

function readLink(reader: WireReader, end: number): SpanLink {
  const attributes = new Map<string, AttributeValue>();
  const link: Writable<SpanLink> = {
    traceId: traceId(''),
    spanId: spanId(''),
    traceState: '',
    attributes,
  };
  each(reader, end, (tag) => {
    if (tag === 0x0a) link.traceId = traceId(hex(reader, end));
    else if (tag === 0x12) link.spanId = spanId(hex(reader, end));
    else if (tag === 0x1a) link.traceState = text(reader, end);
    else if (tag === 0x22) readKeyValue(reader, reader.lengthEnd(end), attributes);
    else return false;
    return true;
  });
  return link;
}

/** Reads each field of a message; what `read` does not take is passed over. */
function each(reader: WireReader, end: number, read: (tag: number) => boolean): void {
  while (reader.at < end) {
    const tag = reader.varint();
    if (!read(tag)) reader.skip(tag, end);
  }
}

function text(reader: WireReader, limit: number): string {
  const to = reader.lengthEnd(limit);
  const value = readText(reader.bytes, reader.at, to);
  reader.at = to;
  return value;
}

function hex(reader: WireReader, limit: number): string {
  const to = reader.lengthEnd(limit);
  const digits = readHex(reader.bytes, reader.at, to);
  reader.at = to;
  return digits;
}

function instant(reader: WireReader, limit: number): UnixNano {
  return unixNano(reader.fixed64(limit));
}
