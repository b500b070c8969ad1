import type { OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import type { Health } from '#analysis/service-map/service-map.ts';
import { formatPlural } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';

/** How Detour is, in one sentence. What has received nothing is not called healthy. */
export function healthSentence(health: OwnHealth): {
  readonly health: Health;
  readonly words: string;
} {
  if (health.status === 'degraded') {
    return { health: 'degraded', words: `Degraded: ${health.reasons.join('; ')}` };
  }
  const reporting = health.ingesters.filter((entry) => entry.state === 'reporting').length;
  const receives = `${formatPlural(reporting, 'ingester')} ${reporting === 1 ? 'listens' : 'listen'}`;
  if (!hasReceived(health)) {
    return { health: 'unknown', words: `Ready: ${receives}, and nothing has been received yet` };
  }
  const lag = formatAge(health.analyzerLagNs ?? 0);
  return {
    health: 'ok',
    words: `All well: ${receives}, and the analyzer is ${lag} behind the clock`,
  };
}

function hasReceived({ spans, ingesters }: OwnHealth): boolean {
  return spans > 0 || ingesters.some((entry) => entry.snapshot.requests.length > 0);
}
