import type { Attributes, BatchObservableResult, Meter } from '@opentelemetry/api';
import {
  ATTR_GRPC_TARGET,
  ATTR_XDS_CACHE_STATE,
  ATTR_XDS_CLIENT_ID,
  ATTR_XDS_CLIENT_KIND,
  ATTR_XDS_REJECT_REASON,
  ATTR_XDS_RESOURCE_TYPE,
  ATTR_XDS_RESOURCES,
  ATTR_XDS_RESOURCES_EMPTY,
  ATTR_XDS_RESOURCES_MISSING,
  ATTR_XDS_SERVER,
  ATTR_XDS_TYPE,
  ATTR_XDS_VERSION_ACKED,
  ATTR_XDS_VERSION_RECEIVED,
  ATTR_XDS_VERSION_REJECTED,
} from '#telemetry/attributes.ts';
import {
  METRIC_XDS_CLIENT_CONFIG_AGE,
  METRIC_XDS_CLIENT_CONNECTED,
  METRIC_XDS_CLIENT_RESOURCES,
  METRIC_XDS_CLIENT_SERVER_FAILURE,
  METRIC_XDS_CLIENT_UPDATES_INVALID,
  METRIC_XDS_CLIENT_UPDATES_VALID,
} from '#telemetry/metric-names.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** gRFC A78, `grpc.xds.cache_state`. */
export type CacheState = 'requested' | 'does_not_exist' | 'acked' | 'nacked' | 'nacked_but_cached';

/** What one client holds of one resource type. */
export interface XdsTypeReport {
  readonly type: XdsType;
  readonly received?: string;
  readonly acked?: string;
  readonly rejected?: string;
  readonly rejectReason?: string;
  readonly changedMs: number;
  readonly resourcesByState: Readonly<Partial<Record<CacheState, number>>>;
  readonly held: number;
  readonly missing: readonly string[];
  /** Held, and without a usable endpoint; undefined when the client does not say. */
  readonly empty?: readonly string[];
  /** Resources accepted and refused so far; undefined when the client does not count them. */
  readonly valid?: number;
  readonly invalid?: number;
}

export interface XdsClientReport {
  readonly connected: boolean;
  readonly serverFailures: number;
  readonly types: readonly XdsTypeReport[];
}

export interface XdsClientIdentity {
  readonly id: string;
  readonly kind: 'sidecar' | 'grpc';
  /** The xDS server's target. */
  readonly server: string;
  /** Of a channel that is the only one of its client. */
  readonly target?: string;
}

/** A reason is for reading, and an attribute is no place for a page. */
const REASON_LIMIT = 500;

/**
 * Reports an xDS client under gRPC's metric names (A78) and Detour's one. `read` is called at each collection. The returned
 * function ends that: a client that closes its stream to leave has not lost its control plane, and must not say so.
 */
export function reportXdsClient(
  meter: Meter,
  identity: XdsClientIdentity,
  read: () => XdsClientReport,
  now: () => number,
): () => void {
  const base = {
    [ATTR_XDS_CLIENT_ID]: identity.id,
    [ATTR_XDS_CLIENT_KIND]: identity.kind,
    [ATTR_XDS_SERVER]: identity.server,
    ...(identity.target !== undefined && { [ATTR_GRPC_TARGET]: identity.target }),
  };
  const gauges = createInstruments(meter);
  const observed = Object.values(gauges);
  const observe = (result: BatchObservableResult): void => {
    const report = read();
    result.observe(gauges.connected, report.connected ? 1 : 0, base);
    result.observe(gauges.failures, report.serverFailures, base);
    for (const type of report.types) observeType(result, gauges, base, type, now());
  };
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}

type Instruments = ReturnType<typeof createInstruments>;

function createInstruments(meter: Meter) {
  return {
    connected: meter.createObservableGauge(METRIC_XDS_CLIENT_CONNECTED, { unit: '{bool}' }),
    failures: meter.createObservableCounter(METRIC_XDS_CLIENT_SERVER_FAILURE),
    valid: meter.createObservableCounter(METRIC_XDS_CLIENT_UPDATES_VALID),
    invalid: meter.createObservableCounter(METRIC_XDS_CLIENT_UPDATES_INVALID),
    resources: meter.createObservableGauge(METRIC_XDS_CLIENT_RESOURCES, { unit: '{resource}' }),
    age: meter.createObservableGauge(METRIC_XDS_CLIENT_CONFIG_AGE, { unit: 's' }),
  };
}

function observeType(
  result: BatchObservableResult,
  gauges: Instruments,
  base: Attributes,
  type: XdsTypeReport,
  nowMs: number,
): void {
  const ofType = { ...base, [ATTR_XDS_RESOURCE_TYPE]: type.type };
  if (type.valid !== undefined) result.observe(gauges.valid, type.valid, ofType);
  if (type.invalid !== undefined) result.observe(gauges.invalid, type.invalid, ofType);
  for (const [state, count] of Object.entries(type.resourcesByState)) {
    result.observe(gauges.resources, count, { ...ofType, [ATTR_XDS_CACHE_STATE]: state });
  }
  const ageSeconds = Math.max(0, nowMs - type.changedMs) / 1000;
  result.observe(gauges.age, ageSeconds, { ...base, ...toAgeAttributes(type) });
}

function toAgeAttributes(type: XdsTypeReport): Attributes {
  return {
    [ATTR_XDS_TYPE]: type.type,
    [ATTR_XDS_RESOURCES]: type.held,
    [ATTR_XDS_RESOURCES_MISSING]: type.missing.join(','),
    ...(type.empty !== undefined && { [ATTR_XDS_RESOURCES_EMPTY]: type.empty.join(',') }),
    ...(type.received !== undefined && { [ATTR_XDS_VERSION_RECEIVED]: type.received }),
    ...(type.acked !== undefined && { [ATTR_XDS_VERSION_ACKED]: type.acked }),
    ...(type.rejected !== undefined && { [ATTR_XDS_VERSION_REJECTED]: type.rejected }),
    ...(type.rejectReason !== undefined && {
      [ATTR_XDS_REJECT_REASON]: type.rejectReason.slice(0, REASON_LIMIT),
    }),
  };
}
