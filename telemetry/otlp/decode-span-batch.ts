import { routingModeCode } from '../routing-mode.ts';
import {
  type DecodedSpans,
  NO_HOP,
  NO_PEER,
  type Peer,
  type SpanBatch,
  type SpanGroup,
} from '../span-batch.ts';
import { AttributeScan } from './attribute-scan.ts';
import { countSpans } from './count-spans.ts';
import { readSender, type Sender } from './read-sender.ts';
import { HopResolver, spanKey } from './resolve-hop.ts';
import { checkUtf8, StringTable } from './string-table.ts';
import { MalformedOtlp, WireReader } from './wire-reader.ts';

const CLIENT = 3;
const PRODUCER = 4;
const MAX_KIND = 5;
const MAX_STATUS = 2;
const NS_PER_SECOND = 1_000_000_000;

const DNS_LOOKUP = new TextEncoder().encode('dns.lookup');
/** The first two of every table. */
const EMPTY_NAME = 0;
const DNS_LOOKUP_NAME = 1;

/** Shared by all requests of the process: names and judgements repeat from one to the next. */
let names = newNames();
const resolver = new HopResolver();

/**
 * OTLP TracesData (opentelemetry/proto/trace/v1/trace.proto; ExportTraceServiceRequest has the same bytes) in columns.
 * Spans that break a rule of the protocol are left out and counted. Throws MalformedOtlp when the bytes are no message.
 */
export function decodeSpanBatch(bytes: Uint8Array): DecodedSpans {
  if (names.isFull) names = newNames();
  return new SpanBatchDecoder(bytes).decode();
}

function newNames(): StringTable {
  const table = new StringTable();
  const view = new DataView(DNS_LOOKUP.buffer);
  table.intern(DNS_LOOKUP, view, 0, 0);
  table.intern(DNS_LOOKUP, view, 0, DNS_LOOKUP.length);
  return table;
}

class SpanBatchDecoder {
  readonly #reader: WireReader;
  readonly #scan = new AttributeScan();
  readonly #groups: SpanGroup[] = [];
  readonly #peers: Peer[] = [];
  readonly #peerIndex = new Map<Peer, number>();
  readonly #rejected = new Map<string, number>();
  readonly #batch: Writable<SpanBatch>;
  readonly #names = names;
  /** Hops that a dns.lookup span beside them would decide. */
  readonly #undecided: number[] = [];
  readonly #dnsLookups: number[] = [];
  #sender: Sender;
  #count = 0;
  // The span at hand.
  #nameId = 0;
  #kind = 0;
  #status = 0;
  #messageFrom = 0;
  #messageTo = 0;
  #startFrom = -1;
  #endFrom = -1;
  #fault: string | undefined;
  #hasTraceId = false;
  #hasSpanId = false;

  constructor(bytes: Uint8Array) {
    this.#reader = new WireReader(bytes);
    this.#batch = emptyBatch(bytes, countSpans(bytes), this.#names.strings);
    this.#sender = readSender(this.#reader, this.#scan, 0, 0);
  }

  decode(): DecodedSpans {
    const reader = this.#reader;
    const end = reader.bytes.length;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x0a) this.#resourceSpans(reader.lengthEnd(end));
      else reader.skip(tag, end);
    }
    this.#applyDnsLookups();
    // Filled in place: a copy by spreading would have another shape, and each reader of columns would pay for that.
    const batch = this.#batch;
    batch.count = this.#count;
    batch.attributeHashes = this.#scan.hashes.subarray(0, this.#scan.hashCount);
    batch.groups = this.#groups;
    batch.peers = this.#peers;
    return { batch, rejected: this.#rejected };
  }

  /** The resource may stand behind its spans: it is found first. */
  #resourceSpans(end: number): void {
    const reader = this.#reader;
    const from = reader.at;
    let resourceFrom = end;
    let resourceEnd = end;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x0a) {
        resourceEnd = reader.lengthEnd(end);
        resourceFrom = reader.at;
        reader.at = resourceEnd;
      } else reader.skip(tag, end);
    }
    this.#sender = readSender(reader, this.#scan, resourceFrom, resourceEnd);
    const resource = allBut(reader, 0x12, from, end);
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x12) this.#scopeSpans(reader.lengthEnd(end), resource);
      else reader.skip(tag, end);
    }
  }

  #scopeSpans(end: number, resource: Uint8Array): void {
    const reader = this.#reader;
    const from = reader.at;
    const scope = allBut(reader, 0x12, from, end);
    const { service, instance, isProxy, attributeHashes } = this.#sender;
    this.#groups.push({ service, instance, isProxy, resource, scope, attributeHashes });
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x12) this.#span(reader.lengthEnd(end));
      else reader.skip(tag, end);
    }
  }

  #span(end: number): void {
    const { spanFrom, spanTo, parentIds } = this.#batch;
    const reader = this.#reader;
    const i = this.#count;
    const firstHash = this.#scan.hashCount;
    spanFrom[i] = reader.at;
    spanTo[i] = end;
    this.#forget();
    while (reader.at < end) this.#field(reader.varint(), i, end);
    if (reader.at > end) throw new MalformedOtlp('a span is cut off');
    this.#fault ??= this.#idFault(i);
    if (this.#fault !== undefined) {
      this.#rejected.set(this.#fault, (this.#rejected.get(this.#fault) ?? 0) + 1);
      this.#scan.hashCount = firstHash;
      // The next span takes its place, and may have none.
      parentIds.fill(0, i * 8, i * 8 + 8);
      return;
    }
    this.#finish(i);
    this.#count++;
  }

  #forget(): void {
    this.#scan.beginSpan();
    this.#nameId = EMPTY_NAME;
    this.#kind = this.#status = 0;
    this.#messageFrom = this.#messageTo = 0;
    this.#startFrom = this.#endFrom = -1;
    this.#fault = undefined;
    this.#hasTraceId = this.#hasSpanId = false;
  }

  /** By tag: field number << 3 | wire type. */
  #field(tag: number, i: number, end: number): void {
    const reader = this.#reader;
    switch (tag) {
      case 0x0a:
        this.#hasTraceId = true;
        this.#id(this.#batch.traceIds, 16, i, end, TRACE_ID_FAULT);
        break;
      case 0x12:
        this.#hasSpanId = true;
        this.#id(this.#batch.spanIds, 8, i, end, SPAN_ID_FAULT);
        break;
      case 0x22:
        this.#parentId(i, end);
        break;
      case 0x2a: {
        const to = reader.lengthEnd(end);
        this.#nameId = this.#names.intern(reader.bytes, reader.view, reader.at, to);
        reader.at = to;
        break;
      }
      case 0x30:
        this.#kind = reader.varint();
        break;
      case 0x39:
        this.#startFrom = reader.at;
        reader.skip(tag, end);
        break;
      case 0x41:
        this.#endFrom = reader.at;
        reader.skip(tag, end);
        break;
      case 0x4a:
        this.#scan.keyValue(reader, reader.lengthEnd(end));
        break;
      default:
        this.#rareField(tag, end);
    }
  }

  /** trace_state, events, links and status. */
  #rareField(tag: number, end: number): void {
    const reader = this.#reader;
    if (tag === 0x1a) checkString(reader, end);
    else if (tag === 0x5a) checkPart(reader, reader.lengthEnd(end), EVENT_STRING, EVENT_ATTRIBUTE);
    else if (tag === 0x6a) checkPart(reader, reader.lengthEnd(end), LINK_STRING, LINK_ATTRIBUTE);
    else if (tag === 0x7a) this.#readStatus(reader.lengthEnd(end));
    else reader.skip(tag, end);
  }

  #readStatus(end: number): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x12) {
        this.#messageTo = reader.lengthEnd(end);
        this.#messageFrom = reader.at;
        checkString(reader, end, this.#messageTo);
      } else if (tag === 0x18) this.#status = reader.varint();
      else reader.skip(tag, end);
    }
  }

  #id(column: Uint8Array, size: number, i: number, end: number, fault: string): void {
    const reader = this.#reader;
    const to = reader.lengthEnd(end);
    if (to - reader.at !== size) this.#fault ??= fault;
    else {
      for (let k = 0; k < size; k++) column[i * size + k] = reader.bytes[reader.at + k] as number;
    }
    reader.at = to;
  }

  /** Empty is a root, and so is all zero, which some SDKs send. */
  #parentId(i: number, end: number): void {
    const from = this.#reader.at;
    const isEmpty = this.#reader.lengthEnd(end) === this.#reader.at;
    if (isEmpty) return;
    this.#reader.at = from;
    this.#id(this.#batch.parentIds, 8, i, end, 'a parent span id is not 8 bytes');
  }

  #idFault(i: number): string | undefined {
    const { traceIds, spanIds } = this.#batch;
    if (!this.#hasTraceId) return TRACE_ID_FAULT;
    if (!this.#hasSpanId) return SPAN_ID_FAULT;
    if (isZero(traceIds, i * 16, 16)) return 'a trace id is all zero';
    if (isZero(spanIds, i * 8, 8)) return 'a span id is all zero';
    return undefined;
  }

  #finish(i: number): void {
    const batch = this.#batch;
    this.#times(i);
    batch.kind[i] = this.#kind > MAX_KIND ? 0 : this.#kind;
    batch.status[i] = this.#status > MAX_STATUS ? 0 : this.#status;
    batch.groupOf[i] = this.#groups.length - 1;
    batch.nameOf[i] = this.#nameId;
    batch.hashEnd[i] = this.#scan.hashCount;
    batch.mode[i] = NO_HOP;
    batch.peerOf[i] = NO_PEER;
    if (this.#kind === CLIENT || this.#kind === PRODUCER) this.#hop(i);
    if (this.#nameId === DNS_LOOKUP_NAME) this.#dnsLookups.push(i);
  }

  #times(i: number): void {
    const { startLow, startHigh, durationNs, endSecond } = this.#batch;
    const view = this.#reader.view;
    const low = this.#startFrom < 0 ? 0 : view.getUint32(this.#startFrom, true);
    const high = this.#startFrom < 0 ? 0 : view.getUint32(this.#startFrom + 4, true);
    const endLow = this.#endFrom < 0 ? 0 : view.getUint32(this.#endFrom, true);
    const endHigh = this.#endFrom < 0 ? 0 : view.getUint32(this.#endFrom + 4, true);
    startLow[i] = low;
    startHigh[i] = high;
    const isComplete = low + high > 0 && endLow + endHigh > 0;
    durationNs[i] = isComplete ? Math.max(0, (endHigh - high) * 2 ** 32 + (endLow - low)) : 0;
    endSecond[i] = isComplete ? secondsIn(endHigh, endLow) : 0;
  }

  #hop(i: number): void {
    const span = {
      scan: this.#scan,
      reader: this.#reader,
      sender: this.#sender,
      messageFrom: this.#messageFrom,
      messageTo: this.#messageTo,
    };
    const hop = resolver.hop(span);
    this.#batch.mode[i] = hop.mode;
    if (hop.yieldsToDnsLookup) this.#undecided.push(i);
    const peer = resolver.peer(span);
    if (peer !== undefined) this.#batch.peerOf[i] = this.#indexOfPeer(peer);
  }

  #indexOfPeer(peer: Peer): number {
    let index = this.#peerIndex.get(peer);
    if (index === undefined) {
      index = this.#peers.push(peer) - 1;
      this.#peerIndex.set(peer, index);
    }
    return index;
  }

  /** A lookup is a child of the hop that needed it, or its sibling just before. */
  #applyDnsLookups(): void {
    if (this.#dnsLookups.length === 0 || this.#undecided.length === 0) return;
    const { spanIds, parentIds, startLow, startHigh, mode } = this.#batch;
    const looked = new Map<number, number>();
    for (const i of this.#dnsLookups) looked.set(spanKey(parentIds, i), i);
    for (const i of this.#undecided) {
      const lookup = looked.get(spanKey(spanIds, i)) ?? looked.get(spanKey(parentIds, i));
      if (lookup === undefined) continue;
      const before =
        ((startHigh[i] as number) - (startHigh[lookup] as number)) * 2 ** 32 +
        ((startLow[i] as number) - (startLow[lookup] as number));
      if (before <= NS_PER_SECOND) mode[i] = DNS;
    }
  }
}

const DNS = routingModeCode('dns');
const TRACE_ID_FAULT = 'a trace id is not 16 bytes';
const SPAN_ID_FAULT = 'a span id is not 8 bytes';
const EVENT_STRING = 0x12;
const EVENT_ATTRIBUTE = 0x1a;
const LINK_STRING = 0x1a;
const LINK_ATTRIBUTE = 0x22;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Bytes of a span in all columns but that of hashes. */
const COLUMN_BYTES = 83;

/** All columns lie in one buffer: V8 keeps account of each buffer by itself, which costs as much as filling it. */
function emptyBatch(
  bytes: Uint8Array,
  capacity: number,
  names: readonly string[],
): Writable<SpanBatch> {
  const buffer = new ArrayBuffer(capacity * COLUMN_BYTES);
  let at = 0;
  const place = (width: number): number => {
    const from = at;
    at += capacity * width;
    return from;
  };
  const words = (): Uint32Array => new Uint32Array(buffer, place(4), capacity);
  const octets = (width: number): Uint8Array =>
    new Uint8Array(buffer, place(width), capacity * width);
  // Widest first, so that each lies where its width allows.
  return {
    bytes,
    count: 0,
    durationNs: new Float64Array(buffer, place(8), capacity),
    endSecond: new Float64Array(buffer, place(8), capacity),
    startLow: words(),
    startHigh: words(),
    groupOf: words(),
    nameOf: words(),
    peerOf: new Int32Array(buffer, place(4), capacity),
    spanFrom: words(),
    spanTo: words(),
    hashEnd: words(),
    traceIds: octets(16),
    spanIds: octets(8),
    parentIds: octets(8),
    kind: octets(1),
    status: octets(1),
    mode: octets(1),
    attributeHashes: new Uint32Array(0),
    groups: [],
    names,
    peers: [],
  };
}

/** The message without the fields of one tag: what the spans of a group share, unknown fields included. */
function allBut(reader: WireReader, omitted: number, from: number, end: number): Uint8Array {
  const kept: Uint8Array[] = [];
  let size = 0;
  reader.at = from;
  while (reader.at < end) {
    const fieldFrom = reader.at;
    const tag = reader.varint();
    reader.skip(tag, end);
    if (tag === omitted) continue;
    size += reader.at - fieldFrom;
    kept.push(reader.bytes.subarray(fieldFrom, reader.at));
  }
  const rest = new Uint8Array(size);
  let at = 0;
  for (const part of kept) {
    rest.set(part, at);
    at += part.length;
  }
  return rest;
}

function checkString(reader: WireReader, limit: number, end = reader.lengthEnd(limit)): void {
  checkUtf8(reader.bytes, reader.view, reader.at, end);
  reader.at = end;
}

const checker = new AttributeScan();

/** An event or a link: rarely read, so here only made sure that it can be. */
function checkPart(reader: WireReader, end: number, stringTag: number, attributeTag: number): void {
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === stringTag) checkString(reader, end);
    else if (tag === attributeTag) {
      checker.keyValue(reader, reader.lengthEnd(end));
      checker.hashCount = 0;
    } else reader.skip(tag, end);
  }
}

function isZero(column: Uint8Array, from: number, size: number): boolean {
  for (let k = 0; k < size; k++) if (column[from + k] !== 0) return false;
  return true;
}

/** Whole seconds in high·2^32 + low nanoseconds: long division in base 2^16, exact where one double is not. */
function secondsIn(high: number, low: number): number {
  const first = Math.floor(high / NS_PER_SECOND);
  const upper = (high % NS_PER_SECOND) * 65_536 + (low >>> 16);
  const second = Math.floor(upper / NS_PER_SECOND);
  const lower = (upper % NS_PER_SECOND) * 65_536 + (low & 65_535);
  return first * 4_294_967_296 + second * 65_536 + Math.floor(lower / NS_PER_SECOND);
}
