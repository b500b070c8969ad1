import type { DecodedMetrics, MetricKind, MetricRow } from '../metric-batch.ts';
import { unixNano } from '../time.ts';
import { AttributeScan } from './attribute-scan.ts';
import { toExplicitBuckets } from './exponential-buckets.ts';
import { readSender } from './read-sender.ts';
import { seriesId } from './series-id.ts';
import { decodeUtf8 } from './string-table.ts';
import { MalformedOtlp, WireReader } from './wire-reader.ts';

const NO_RECORDED_VALUE = 1;
const DELTA = 1;
/** 1973 in nanoseconds. Envoy 1.40 tells its start in microseconds. */
const MICROSECONDS_BELOW = 10n ** 17n;

/**
 * OTLP MetricsData (opentelemetry/proto/metrics/v1/metrics.proto) as points. A point without a time is left out and
 * counted; one that says "no recorded value" has nothing to store. Throws MalformedOtlp when the bytes are no message.
 */
export function decodeMetrics(bytes: Uint8Array): DecodedMetrics {
  const decoder = new MetricsDecoder(bytes);
  decoder.decode();
  return { rows: decoder.rows, rejected: decoder.rejected };
}

interface Sender {
  readonly service: string;
  readonly instance: string;
  readonly resource: Uint8Array;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
  delta: boolean;
  monotonic: boolean;
}

interface Point {
  start: bigint;
  time: bigint;
  value: number;
  count: number;
  flags: number;
  bounds: number[];
  counts: number[];
  attributes: Uint8Array[];
  scale: number;
  zeroCount: number;
  offset: number;
}

/** The oneof of Metric, by tag, with the field number of attributes in its points. */
const DATA_KINDS: Readonly<Record<number, { kind: MetricKind; attributesTag: number }>> = {
  42: { kind: 'gauge', attributesTag: 0x3a },
  58: { kind: 'sum', attributesTag: 0x3a },
  74: { kind: 'histogram', attributesTag: 0x4a },
  82: { kind: 'exponential-histogram', attributesTag: 0x0a },
  90: { kind: 'summary', attributesTag: 0x3a },
};

class MetricsDecoder {
  readonly rows: MetricRow[] = [];
  readonly rejected = new Map<string, number>();
  readonly #reader: WireReader;
  readonly #scan = new AttributeScan();

  constructor(bytes: Uint8Array) {
    this.#reader = new WireReader(bytes);
  }

  decode(): void {
    this.#each(this.#reader.bytes.length, 0x0a, (end) => {
      const from = this.#reader.at;
      let sender: Sender = { service: 'unknown_service', instance: '', resource: new Uint8Array() };
      this.#each(end, 0x0a, (resourceEnd) => {
        const resource = Uint8Array.from(this.#reader.bytes.subarray(this.#reader.at, resourceEnd));
        const read = readSender(this.#reader, this.#scan, this.#reader.at, resourceEnd);
        sender = { service: read.service, instance: read.instance, resource };
      });
      this.#reader.at = from;
      this.#each(end, 0x12, (scopeEnd) => {
        this.#each(scopeEnd, 0x12, (metricEnd) => this.#metric(metricEnd, sender));
      });
    });
  }

  /** Calls `read` for each field with `tag` before `end`, which must leave the reader at the field's end. */
  #each(end: number, tag: number, read: (fieldEnd: number) => void): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const found = reader.varint();
      if (found === tag) {
        const fieldEnd = reader.lengthEnd(end);
        read(fieldEnd);
        reader.at = fieldEnd;
      } else reader.skip(found, end);
    }
  }

  /** Name and unit may stand behind the data: the message is read twice. */
  #metric(end: number, sender: Sender): void {
    const reader = this.#reader;
    const from = reader.at;
    let name = '';
    let unit = '';
    this.#each(end, 0x0a, (to) => {
      name = decodeUtf8(reader.bytes, reader.at, to);
    });
    reader.at = from;
    this.#each(end, 0x1a, (to) => {
      unit = decodeUtf8(reader.bytes, reader.at, to);
    });
    reader.at = from;
    while (reader.at < end) {
      const tag = reader.varint();
      const data = DATA_KINDS[tag];
      if (data === undefined) {
        reader.skip(tag, end);
        continue;
      }
      const dataEnd = reader.lengthEnd(end);
      const metric = { name, unit, kind: data.kind, delta: false, monotonic: false };
      this.#data(dataEnd, metric, sender, data.attributesTag);
    }
  }

  #data(end: number, metric: Metric, sender: Sender, attributesTag: number): void {
    const reader = this.#reader;
    const from = reader.at;
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === 0x10) metric.delta = reader.varint() === DELTA;
      else if (tag === 0x18) metric.monotonic = reader.varint() !== 0;
      else reader.skip(tag, end);
    }
    reader.at = from;
    this.#each(end, 0x0a, (pointEnd) => {
      const point = this.#point(pointEnd, metric.kind, attributesTag);
      if (point.time === 0n) this.#reject('a data point has no time');
      else if ((point.flags & NO_RECORDED_VALUE) === 0)
        this.rows.push(toRow(point, metric, sender));
    });
  }

  #reject(reason: string): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }

  #point(end: number, kind: MetricKind, attributesTag: number): Point {
    const reader = this.#reader;
    const point: Point = {
      start: 0n,
      time: 0n,
      value: 0,
      count: 0,
      flags: 0,
      bounds: [],
      counts: [],
      attributes: [],
      scale: 0,
      zeroCount: 0,
      offset: 0,
    };
    while (reader.at < end) {
      const tag = reader.varint();
      if (tag === attributesTag) point.attributes.push(this.#attribute(reader.lengthEnd(end)));
      else if (tag === 0x11) point.start = reader.fixed64(end);
      else if (tag === 0x19) point.time = reader.fixed64(end);
      else if (!readPointField(kind, reader, tag, end, point)) reader.skip(tag, end);
    }
    if (reader.at > end) throw new MalformedOtlp('a data point is cut off');
    return point;
  }

  #attribute(end: number): Uint8Array {
    const from = this.#reader.at;
    this.#scan.keyValue(this.#reader, end);
    this.#scan.hashCount = 0;
    return this.#reader.bytes.subarray(from, end);
  }
}

/** False for a field that this kind of point does not have. */
function readPointField(
  kind: MetricKind,
  reader: WireReader,
  tag: number,
  end: number,
  point: Point,
): boolean {
  if (kind === 'gauge' || kind === 'sum') return readNumberField(reader, tag, end, point);
  if (tag === 0x21) point.count = Number(reader.fixed64(end));
  else if (tag === 0x29) point.value = reader.double(end);
  else if (kind === 'histogram') return readHistogramField(reader, tag, end, point);
  else if (kind === 'exponential-histogram') return readExponentialField(reader, tag, end, point);
  else if (tag === 0x40) point.flags = reader.varint();
  else return false;
  return true;
}

function readNumberField(reader: WireReader, tag: number, end: number, point: Point): boolean {
  if (tag === 0x21) point.value = reader.double(end);
  else if (tag === 0x31) point.value = Number(BigInt.asIntN(64, reader.fixed64(end)));
  else if (tag === 0x40) point.flags = reader.varint();
  else return false;
  return true;
}

function readHistogramField(reader: WireReader, tag: number, end: number, point: Point): boolean {
  if (tag === 0x32) point.counts = packed(reader, end, (to) => Number(reader.fixed64(to)));
  else if (tag === 0x3a) point.bounds = packed(reader, end, (to) => reader.double(to));
  else if (tag === 0x50) point.flags = reader.varint();
  else return false;
  return true;
}

function readExponentialField(reader: WireReader, tag: number, end: number, point: Point): boolean {
  if (tag === 0x30) point.scale = zigzag(reader.varint());
  else if (tag === 0x39) point.zeroCount = Number(reader.fixed64(end));
  else if (tag === 0x42) readPositiveBuckets(reader, reader.lengthEnd(end), point);
  else if (tag === 0x50) point.flags = reader.varint();
  else return false;
  return true;
}

function readPositiveBuckets(reader: WireReader, end: number, point: Point): void {
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === 0x08) point.offset = zigzag(reader.varint());
    else if (tag === 0x12) point.counts = packed(reader, end, () => reader.varint());
    else reader.skip(tag, end);
  }
}

function packed(reader: WireReader, limit: number, read: (to: number) => number): number[] {
  const to = reader.lengthEnd(limit);
  const values: number[] = [];
  while (reader.at < to) values.push(read(to));
  return values;
}

/** sint32: protobuf.dev/programming-guides/encoding, "Signed Integers". */
function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function toRow(point: Point, metric: Metric, sender: Sender): MetricRow {
  const attributes = asFieldOne(point.attributes);
  const buckets =
    metric.kind === 'exponential-histogram'
      ? toExplicitBuckets(point)
      : { bounds: point.bounds, counts: point.counts };
  const series = { ...metric, ...sender, attributes };
  return {
    series: { ...series, id: seriesId(series) },
    unixNano: unixNano(point.time),
    ...startOf(point, metric),
    value: point.value,
    count: point.count,
    ...buckets,
  };
}

/** Of what counts on from its start: a delta, and a gauge of some SDKs, has a new one with each point. */
function startOf({ start }: Point, { kind, delta }: Metric): Pick<MetricRow, 'startUnixNano'> {
  if (start === 0n || delta || kind === 'gauge') return {};
  return { startUnixNano: unixNano(start < MICROSECONDS_BELOW ? start * 1000n : start) };
}

function asFieldOne(messages: readonly Uint8Array[]): Uint8Array {
  const bytes: number[] = [];
  for (const message of messages) {
    bytes.push(0x0a);
    let rest = message.length;
    for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
    bytes.push(rest);
    for (const byte of message) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
