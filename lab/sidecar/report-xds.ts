import type { CacheState, XdsClientReport, XdsTypeReport } from '#lab/xds/client-metrics.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';
import type { AdsClient } from './ads-client.ts';
import type { Resource, TypeCache } from './xds-cache.ts';

/** What this sidecar holds, in the words of its metrics and of its admin API. */
export function reportXds(client: AdsClient): XdsClientReport {
  const { valid, invalid, serverFailures } = client.counts;
  return {
    connected: client.connected,
    serverFailures,
    types: XDS_TYPES.map((type) => ({
      ...reportType(type, client.cache[type]),
      valid: valid[type],
      invalid: invalid[type],
    })),
  };
}

function reportType(type: XdsType, cache: TypeCache<unknown>): XdsTypeReport {
  const byState: Partial<Record<CacheState, number>> = {};
  const missing: string[] = [];
  const empty: string[] = [];
  let held = 0;
  for (const [name, resource] of cache.resources) {
    const state = stateOf(resource, cache.rejected !== undefined);
    byState[state] = (byState[state] ?? 0) + 1;
    if (resource.kind === 'held') held += 1;
    else missing.push(name);
    if (isEmpty(resource)) empty.push(name);
  }
  return {
    type,
    ...(cache.received !== undefined && { received: cache.received }),
    ...(cache.acked !== undefined && { acked: cache.acked }),
    ...(cache.rejected !== undefined && { rejected: cache.rejected }),
    ...(cache.rejectReason !== undefined && { rejectReason: cache.rejectReason }),
    changedMs: cache.changedMs,
    resourcesByState: byState,
    held,
    missing: missing.sort(),
    ...(type === 'EDS' && { empty: empty.sort() }),
  };
}

/** A load assignment that leaves nobody to call. */
function isEmpty(resource: Resource<unknown>): boolean {
  if (resource.kind !== 'held') return false;
  const { value } = resource;
  const hasList = typeof value === 'object' && value !== null && 'endpoints' in value;
  return hasList && Array.isArray(value.endpoints) && value.endpoints.length === 0;
}

function stateOf(resource: Resource<unknown>, isRefused: boolean): CacheState {
  if (resource.kind === 'missing') return 'does_not_exist';
  if (resource.kind === 'requested') return isRefused ? 'nacked' : 'requested';
  return isRefused ? 'nacked_but_cached' : 'acked';
}
