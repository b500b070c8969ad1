import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';

const RESTARTED_AFTER_NS = 30 * NS_PER_SECOND;

/** One that comes back after a long silence has been restarted: what it held before is gone, and no measure of what it holds. */
export function knownBefore(
  known: XdsClient | undefined,
  newReportUnixNano: UnixNano,
): XdsClient | undefined {
  if (known === undefined) return undefined;
  const silentNs = elapsedNs(known.lastReportUnixNano, newReportUnixNano);
  return silentNs > RESTARTED_AFTER_NS ? undefined : known;
}
