import { metrics } from '@opentelemetry/api';
import type { Zone } from '#lab/dns/zone.ts';
import { ATTR_DNS_QUESTION_NAME, ATTR_DNS_RESPONSE_CODE } from '#telemetry/attributes.ts';
import { METRIC_DNS_NAMES, METRIC_DNS_QUERIES } from '#telemetry/metric-names.ts';

const SCOPE = 'detour/dns';
/** What strangers ask for is counted under one name: the names are theirs to choose, the series are ours to keep. */
const UNKNOWN_NAME = '(unknown)';

/** Counts queries, and tells how many names are served. */
export function queryCounter(
  readZone: () => Zone | undefined,
): (name: string, code: string) => void {
  const meter = metrics.getMeter(SCOPE);
  const queries = meter.createCounter(METRIC_DNS_QUERIES);
  meter.createObservableGauge(METRIC_DNS_NAMES).addCallback((result) => {
    const zone = readZone();
    if (zone !== undefined) result.observe(zone.addresses.size);
  });
  return (name, code) => {
    const zone = readZone();
    const isKnown = zone?.addresses.has(name) === true || zone?.targets.has(name) === true;
    queries.add(1, {
      [ATTR_DNS_QUESTION_NAME]: isKnown ? name : UNKNOWN_NAME,
      [ATTR_DNS_RESPONSE_CODE]: code,
    });
  };
}
