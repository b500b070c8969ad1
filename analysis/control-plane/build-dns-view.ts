import type { DnsView } from '#analysis/control-plane/xds-client.ts';
import { ATTR_DNS_RESPONSE_CODE } from '#telemetry/attributes.ts';
import { METRIC_DNS_NAMES, METRIC_DNS_QUERIES } from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { elapsedNs, NS_PER_SECOND } from '#telemetry/time.ts';

/** The metrics that `buildDnsView` reads. */
export const DNS_VIEW_METRICS: readonly string[] = [METRIC_DNS_QUERIES, METRIC_DNS_NAMES];

/** RFC 1035 §4.1.1 response codes that are answers: a name that does not exist is one too, but not a wanted one. */
const GOOD_CODES: readonly string[] = ['NOERROR', '0', ''];

/** The DNS servers' own word over the time that `points` span (ascending); undefined when none reports. */
export function buildDnsView(points: readonly MetricPoint[]): DnsView | undefined {
  const own = points.filter((point) => DNS_VIEW_METRICS.includes(point.name));
  const newest = own.at(-1);
  if (newest === undefined) return undefined;
  const rates = queryRates(own.filter((point) => point.name === METRIC_DNS_QUERIES));
  const sum = (list: readonly Rate[]): number =>
    list.reduce((total, rate) => total + rate.perSecond, 0);
  return {
    service: newest.service,
    names: latestNames(own),
    queriesPerSecond: sum(rates),
    failuresPerSecond: sum(rates.filter((rate) => !GOOD_CODES.includes(rate.code.toUpperCase()))),
    lastReportUnixNano: newest.unixNano,
  };
}

interface Rate {
  readonly code: string;
  readonly perSecond: number;
}

function queryRates(points: readonly MetricPoint[]): readonly Rate[] {
  const series = new Map<string, MetricPoint[]>();
  for (const point of points) {
    const key = `${point.instance}\n${[...point.attributes].map(([k, v]) => `${k}=${String(v)}`).join('\n')}`;
    const list = series.get(key);
    if (list === undefined) series.set(key, [point]);
    else list.push(point);
  }
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  // One span of time for all series: a series of a name asked once would else be a rate over nothing.
  const seconds = Math.max(1, elapsedNs(first.unixNano, last.unixNano) / NS_PER_SECOND);
  return [...series.values()].map((list) => ({
    code: String(list[0]?.attributes.get(ATTR_DNS_RESPONSE_CODE) ?? ''),
    perSecond: increase(list) / seconds,
  }));
}

/** What a counter gained; a fall is a restart, and what it counted since is a gain (Prometheus' `increase` likewise). */
function increase(points: readonly MetricPoint[]): number {
  let gained = 0;
  let before: number | undefined;
  for (const { value } of points) {
    if (value.kind !== 'sum') continue;
    if (value.delta) gained += value.value;
    else if (before !== undefined) {
      gained += value.value >= before ? value.value - before : value.value;
    }
    before = value.value;
  }
  return gained;
}

function latestNames(points: readonly MetricPoint[]): number {
  const newest = points.filter((point) => point.name === METRIC_DNS_NAMES).at(-1);
  return newest?.value.kind === 'gauge' ? newest.value.value : 0;
}
