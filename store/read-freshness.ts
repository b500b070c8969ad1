import { type UnixNano, unixNano } from '#telemetry/time.ts';
import type { Database, Shard } from './client.ts';
import { queryRows } from './query-rows.ts';
import { askShards } from './shards.ts';

export interface Freshness {
  /** Spans in the store. */
  readonly spans: number;
  readonly latestSpanUnixNano?: UnixNano;
  readonly latestMetricUnixNano?: UnixNano;
}

interface FreshnessRow {
  readonly spans: number;
  readonly latest_span: string | null;
  readonly latest_metric: string | null;
}

/** Starts of the latest span and metric point, and how many spans there are. */
export async function readFreshness(db: Database): Promise<Freshness> {
  const parts = await askShards(db, readShard);
  const latest = (key: 'latestSpanUnixNano' | 'latestMetricUnixNano'): UnixNano | undefined =>
    parts
      .flatMap((part) => part[key] ?? [])
      .reduce<UnixNano | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
  const latestSpanUnixNano = latest('latestSpanUnixNano');
  const latestMetricUnixNano = latest('latestMetricUnixNano');
  return {
    spans: parts.reduce((sum, { spans }) => sum + spans, 0),
    ...(latestSpanUnixNano !== undefined && { latestSpanUnixNano }),
    ...(latestMetricUnixNano !== undefined && { latestMetricUnixNano }),
  };
}

async function readShard(db: Shard): Promise<Freshness> {
  const [row] = await queryRows(db)<FreshnessRow>`
    select coalesce((select sum(span_count) from span_segment), 0)::float8 as spans,
           (select max(max_start) from span_segment) as latest_span,
           (select max(last_second) * 1000000000 from metric_series) as latest_metric`;
  if (row === undefined) return { spans: 0 };
  return {
    spans: row.spans,
    ...(row.latest_span !== null && { latestSpanUnixNano: unixNano(BigInt(row.latest_span)) }),
    ...(row.latest_metric !== null && {
      latestMetricUnixNano: unixNano(BigInt(row.latest_metric)),
    }),
  };
}
