import { METRIC_KINDS } from '#telemetry/metric-batch.ts';
import type { MetricPoint, MetricValue } from '#telemetry/metric-point.ts';
import { readKeyValue } from '#telemetry/otlp/read-attributes.ts';
import { WireReader } from '#telemetry/otlp/wire-reader.ts';
import type { Attributes, AttributeValue } from '#telemetry/span.ts';
import { addNs, type TimeWindow, type UnixNano, unixNano } from '#telemetry/time.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { SERIES_RENEW_SECONDS } from './write-metric-points.ts';

interface PointRow {
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly instance: string;
  readonly kind: number;
  readonly monotonic: boolean;
  readonly delta: boolean;
  readonly attributes: Buffer;
  readonly resource: Buffer;
  readonly start_unix_nano: string | null;
  readonly unix_nano: string;
  readonly value: number;
  readonly count: number;
  readonly bounds: readonly number[];
  readonly counts: readonly string[];
}

/** Points of the named metrics in `window`, ascending by time. */
export async function readMetricPoints(
  db: Database,
  query: { readonly names: readonly string[]; readonly window: TimeWindow },
): Promise<readonly MetricPoint[]> {
  const { startUnixNano, endUnixNano } = query.window;
  const rows = await queryRows(db)<PointRow>`
    select s.name, s.unit, s.service, s.instance, s.kind, s.monotonic, s.delta, s.attributes, s.resource,
           s.start_unix_nano, p.unix_nano, p.value, p.count::float8 as count, p.bounds, p.counts
    from metric_series s join metric_point p on p.series_id = s.id
    where s.name = any(${query.names}::text[])
      and s.first_second <= ${secondOf(endUnixNano)}
      and s.last_second >= ${secondOf(startUnixNano) - SERIES_RENEW_SECONDS}
      and p.unix_nano >= ${startUnixNano} and p.unix_nano < ${endUnixNano}
    order by p.unix_nano, s.id`;
  return toPoints(rows);
}

/** The last point of each series at or before `atUnixNano`, but not older than the lookback. */
export async function readLatestMetricPoints(
  db: Database,
  query: {
    readonly names: readonly string[];
    readonly atUnixNano: UnixNano;
    readonly lookbackNs: number;
  },
): Promise<readonly MetricPoint[]> {
  const { atUnixNano } = query;
  const oldest = addNs(atUnixNano, -query.lookbackNs);
  const rows = await queryRows(db)<PointRow>`
    select s.name, s.unit, s.service, s.instance, s.kind, s.monotonic, s.delta, s.attributes, s.resource,
           s.start_unix_nano, p.unix_nano, p.value, p.count::float8 as count, p.bounds, p.counts
    from metric_series s
    cross join lateral (
      select * from metric_point
      where series_id = s.id and unix_nano <= ${atUnixNano} and unix_nano >= ${oldest}
      order by unix_nano desc limit 1
    ) p
    where s.name = any(${query.names}::text[])
      and s.first_second <= ${secondOf(atUnixNano)}
      and s.last_second >= ${secondOf(oldest) - SERIES_RENEW_SECONDS}
    order by p.unix_nano, s.id`;
  return toPoints(rows);
}

function secondOf(instant: bigint): number {
  return Number(instant / 1_000_000_000n);
}

/** Series repeat from point to point: their attributes are decoded once. */
function toPoints(rows: readonly PointRow[]): readonly MetricPoint[] {
  const decoded = new Map<string, Attributes>();
  const attributesOf = (bytes: Buffer): Attributes => {
    const key = bytes.toString('latin1');
    const known = decoded.get(key);
    if (known) return known;
    const attributes = readAttributes(bytes);
    decoded.set(key, attributes);
    return attributes;
  };
  return rows.map((row) => ({
    name: row.name,
    unit: row.unit,
    service: row.service,
    instance: row.instance,
    attributes: attributesOf(row.attributes),
    resource: attributesOf(row.resource),
    unixNano: unixNano(BigInt(row.unix_nano)),
    ...startOf(row),
    value: toValue(row),
  }));
}

/** The series knows the newest start: a point of the process before has none. */
function startOf(row: PointRow): Pick<MetricPoint, 'startUnixNano'> {
  if (row.start_unix_nano === null) return {};
  const start = BigInt(row.start_unix_nano);
  return start > BigInt(row.unix_nano) ? {} : { startUnixNano: unixNano(start) };
}

function readAttributes(bytes: Buffer): Attributes {
  const reader = new WireReader(bytes);
  const attributes = new Map<string, AttributeValue>();
  while (reader.at < bytes.length) {
    const tag = reader.varint();
    if (tag === 0x0a) readKeyValue(reader, reader.lengthEnd(bytes.length), attributes);
    else reader.skip(tag, bytes.length);
  }
  return attributes;
}

function toValue(row: PointRow): MetricValue {
  switch (METRIC_KINDS[row.kind]) {
    case 'sum':
      return { kind: 'sum', value: row.value, monotonic: row.monotonic, delta: row.delta };
    case 'histogram':
    case 'exponential-histogram':
    case 'summary':
      return {
        kind: 'histogram',
        count: row.count,
        sum: row.value,
        delta: row.delta,
        bounds: row.bounds,
        counts: row.counts.map(Number),
      };
    default:
      return { kind: 'gauge', value: row.value };
  }
}
