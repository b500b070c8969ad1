import { isOlderVersion } from '#analysis/control-plane/version-order.ts';
import type { Regression, XdsClient } from '#analysis/control-plane/xds-client.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

/**
 * The type whose acknowledged version lies below the one before, or stays there since it went back. An xDS server may send
 * an older version on a new stream, and clients obey (grpc-java #12663).
 */
export function findRegression(
  before: Pick<XdsClient, 'types' | 'wentBack'>,
  types: XdsClient['types'],
): Regression | undefined {
  for (const type of XDS_TYPES) {
    const held = before.types[type]?.acked;
    const acked = types[type]?.acked;
    if (held === undefined || acked === undefined) continue;
    if (isOlderVersion(acked, held)) return { type, fromVersion: held };
    if (before.wentBack?.type === type && held === acked) return before.wentBack;
  }
  return undefined;
}
