import type { Health, ModeCount } from '#analysis/service-map/service-map.ts';

/** From this share of failed calls on, with at least two of them, an edge or a service is red. */
const CRITICAL_RATIO = 0.1;
const DEGRADED_RATIO = 0.01;
const MIN_CRITICAL_ERRORS = 2;

/**
 * What a share of failed calls means. No calls is no knowledge: silence is never healthy.
 * A single failed call is a warning, however few calls there were: red needs a second one.
 */
export function judgeCalls(calls: number, errors: number): Health {
  if (calls === 0) return 'unknown';
  const ratio = errors / calls;
  if (ratio >= CRITICAL_RATIO && errors >= MIN_CRITICAL_ERRORS) return 'critical';
  return ratio >= DEGRADED_RATIO ? 'degraded' : 'ok';
}

/** Of the mean of the last seconds or of the newest calls, whichever is worse. */
export function worseOf(health: Health, failing: boolean): Health {
  return failing && health !== 'unknown' ? 'critical' : health;
}

/** Why it is not well, in words; '' when it is. `answered`: requests that the service itself reported. */
export function healthReason(
  health: Health,
  seen: { readonly calls: number; readonly errors: number },
  answered: number,
  incoming: readonly ModeCount[],
): string {
  if (health === 'ok') return '';
  if (health === 'unknown') return 'no calls seen';
  const lost = incoming.find((entry) => entry.mode === 'xds-none')?.errors ?? 0;
  if (lost === seen.calls && answered === 0) return 'not reached: callers find no address';
  const share = `${Math.max(1, Math.round((seen.errors / seen.calls) * 100))}% of calls fail`;
  return lost * 2 > seen.errors ? `${share}: callers find no address` : share;
}
