import type { DnsView } from '#analysis/control-plane/xds-client.ts';
import { ATTR_DNS_QUESTION_NAME, ATTR_DNS_RESPONSE_CODE } from '#telemetry/attributes.ts';
import { METRIC_DNS_NAMES, METRIC_DNS_QUERIES } from '#telemetry/metric-names.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';

/** The metrics that `buildDnsView` reads. */
export const DNS_VIEW_METRICS: readonly string[] = [METRIC_DNS_QUERIES, METRIC_DNS_NAMES];

/** RFC 1035 §4.1.1 response codes that are answers: a name that does not exist is one too, but not a wanted one. */
const GOOD_CODES: readonly string[] = ['NOERROR', '0', ''];

/** A stray name that does not exist is asked for everywhere. */
const FAILING_RATIO = 0.2;

/**
 * The DNS servers' own word over the time that `points` span (ascending); undefined when none reports. `before` is what
 * was known a moment ago.
 */
export function buildDnsView(
  points: readonly MetricPoint[],
  before?: DnsView,
): DnsView | undefined {
  const own = points.filter((point) => DNS_VIEW_METRICS.includes(point.name));
  const newest = own.at(-1);
  if (newest === undefined) return undefined;
  const rates = queryRates(own.filter((point) => point.name === METRIC_DNS_QUERIES));
  const sum = (list: readonly Rate[]): number =>
    list.reduce((total, rate) => total + rate.perSecond, 0);
  const failed = rates.filter((rate) => !isGood(rate.code));
  const isFailing = sum(failed) > 0 && sum(failed) >= FAILING_RATIO * sum(rates);
  const since = isFailing ? (before?.failingSinceUnixNano ?? firstFailure(own)) : undefined;
  return {
    service: newest.service,
    names: latestNames(own),
    queriesPerSecond: sum(rates),
    failuresPerSecond: sum(failed),
    ...(since !== undefined && { failingSinceUnixNano: since }),
    lastReportUnixNano: newest.unixNano,
  };
}

function isGood(code: string): boolean {
  return GOOD_CODES.includes(code.toUpperCase());
}

/** The first point at which a count of failures had grown. */
function firstFailure(points: readonly MetricPoint[]): UnixNano | undefined {
  const counts = new Map<string, number>();
  const first = points[0]?.unixNano;
  for (const { name, instance, attributes, value, unixNano } of points) {
    const code = String(attributes.get(ATTR_DNS_RESPONSE_CODE) ?? '');
    if (name !== METRIC_DNS_QUERIES || isGood(code) || value.kind !== 'sum') continue;
    const key = `${instance} ${code} ${String(attributes.get(ATTR_DNS_QUESTION_NAME))}`;
    // A series that begins later than the others counts its first failure; one that was there may count old ones.
    const known = counts.get(key) ?? (unixNano === first ? value.value : 0);
    if (value.value > known) return unixNano;
    counts.set(key, value.value);
  }
  return undefined;
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
