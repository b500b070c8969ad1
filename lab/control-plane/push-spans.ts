import {
  type Attributes,
  type Meter,
  metrics,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { HeldBack } from '#lab/control-plane/drop-guard.ts';
import { type Policy, safeguardsOf } from '#lab/control-plane/policy.ts';
import type { PushEnd, PushFacts, PushLog } from '#lab/control-plane/push-log.ts';
import type { Snapshot } from '#lab/control-plane/snapshot.ts';
import { countResources, removedNames } from '#lab/control-plane/view.ts';
import { stateSafeguards } from '#lab/xds/state-safeguards.ts';
import {
  ATTR_CONTROL_PLANE_RELEASE,
  ATTR_XDS_NODE,
  ATTR_XDS_OUTCOME,
  ATTR_XDS_REJECT_REASON,
  ATTR_XDS_RESOURCES,
  ATTR_XDS_RESOURCES_MISSING,
  ATTR_XDS_RESOURCES_REMOVED,
  ATTR_XDS_TYPE,
  ATTR_XDS_VERSION,
} from '#telemetry/attributes.ts';
import {
  METRIC_CONTROL_PLANE_ACKS,
  METRIC_CONTROL_PLANE_CLIENTS,
  METRIC_CONTROL_PLANE_NACKS,
  METRIC_CONTROL_PLANE_PUSHES,
  METRIC_CONTROL_PLANE_RESOURCES,
  METRIC_CONTROL_PLANE_SLOW_STREAMS,
  METRIC_CONTROL_PLANE_STALE_NONCES,
} from '#telemetry/metric-names.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

const SCOPE = 'detour/control-plane';

/** Tells pushes in OpenTelemetry: one span each, ended by its outcome, and counters. */
export function pushLog(): PushLog {
  const tracer = trace.getTracer(SCOPE);
  const meter = metrics.getMeter(SCOPE);
  const pushes = countByType(meter, METRIC_CONTROL_PLANE_PUSHES);
  const acks = countByType(meter, METRIC_CONTROL_PLANE_ACKS);
  const nacks = meter.createCounter(METRIC_CONTROL_PLANE_NACKS);
  const stale = meter.createCounter(METRIC_CONTROL_PLANE_STALE_NONCES);
  const slow = meter.createCounter(METRIC_CONTROL_PLANE_SLOW_STREAMS);
  const attributesOf = shareAttributes();
  return {
    pushed(facts) {
      const { type } = facts;
      const span = tracer.startSpan('xds.push', { root: true, attributes: attributesOf(facts) });
      span.setAttribute(ATTR_XDS_NODE, facts.node);
      pushes(type);
      return (end) => {
        if (end.kind === 'acked') acks(type);
        if (end.kind === 'nacked') nacks.add(1, { [ATTR_XDS_TYPE]: type });
        endSpan(span, end);
      };
    },
    staleNonce: (type) => stale.add(1, { [ATTR_XDS_TYPE]: type }),
    slowStreamClosed: () => slow.add(1),
  };
}

/** Gauges of what is published and who listens, read at each export. */
export function observeControlPlane(
  readSnapshot: () => Snapshot | undefined,
  countStreams: () => number,
  readPolicy: () => Policy,
): void {
  const meter = metrics.getMeter(SCOPE);
  stateSafeguards(meter, () => safeguardsOf(readPolicy()));
  meter
    .createObservableGauge(METRIC_CONTROL_PLANE_CLIENTS)
    .addCallback((result) => result.observe(countStreams()));
  meter.createObservableGauge(METRIC_CONTROL_PLANE_RESOURCES).addCallback((result) => {
    const snapshot = readSnapshot();
    if (snapshot === undefined) return;
    for (const type of XDS_TYPES)
      result.observe(snapshot.proxyless[type].entries.size, {
        [ATTR_XDS_TYPE]: type,
        [ATTR_XDS_VERSION]: `${snapshot.proxyless[type].version}`,
        [ATTR_CONTROL_PLANE_RELEASE]: snapshot.release,
      });
  });
}

/** One span per published snapshot: what was rolled out, what is left, what went. */
export function tellRelease(snapshot: Snapshot, previous: Snapshot | undefined): void {
  const removed = XDS_TYPES.reduce(
    (sum, type) => sum + removedNames(previous?.proxyless, snapshot.proxyless, type).length,
    0,
  );
  trace
    .getTracer(SCOPE)
    .startSpan('xds.release', {
      root: true,
      attributes: {
        [ATTR_XDS_VERSION]: `${snapshot.version}`,
        [ATTR_CONTROL_PLANE_RELEASE]: snapshot.release,
        [ATTR_XDS_RESOURCES]: countResources(snapshot.proxyless),
        [ATTR_XDS_RESOURCES_REMOVED]: removed,
      },
    })
    .end();
}

/** One span per step that the drop guard held back: what clients would have lost, and why it was not sent. */
export function tellHeldBack(held: HeldBack, release: string): void {
  trace
    .getTracer(SCOPE)
    .startSpan('xds.release.held_back', {
      root: true,
      attributes: {
        [ATTR_CONTROL_PLANE_RELEASE]: release,
        [ATTR_XDS_RESOURCES_MISSING]: held.names.join(','),
        [ATTR_XDS_REJECT_REASON]: held.reasons.join('; '),
      },
    })
    .end();
}

/**
 * A counter for what happens once for each client and change: plain numbers that are read at each export, because one of
 * the SDK's would look its attributes up at each count.
 */
function countByType(meter: Meter, name: string): (type: XdsType) => void {
  const counts = new Map<XdsType, number>();
  meter.createObservableCounter(name).addCallback((result) => {
    for (const [type, count] of counts) result.observe(count, { [ATTR_XDS_TYPE]: type });
  });
  return (type) => void counts.set(type, (counts.get(type) ?? 0) + 1);
}

/**
 * What one change says to all its clients is the same but for the node. Frozen, so that it is encoded once for all of them;
 * of each type the last is kept, as pushes come in runs.
 */
function shareAttributes(): (facts: PushFacts) => Attributes {
  const last = new Map<XdsType, { readonly facts: PushFacts; readonly attributes: Attributes }>();
  return (facts) => {
    const { type, version, resources, removed } = facts;
    const known = last.get(type);
    const isSame =
      known?.facts.version === version &&
      known.facts.resources === resources &&
      known.facts.removed === removed;
    if (isSame) return known.attributes;
    const attributes = Object.freeze({
      [ATTR_XDS_TYPE]: type,
      [ATTR_XDS_VERSION]: `${version}`,
      [ATTR_XDS_RESOURCES]: resources,
      [ATTR_XDS_RESOURCES_REMOVED]: removed,
    });
    last.set(type, { facts, attributes });
    return attributes;
  };
}

function endSpan(span: Span, end: PushEnd): void {
  span.setAttribute(ATTR_XDS_OUTCOME, end.kind);
  if (end.kind === 'nacked') {
    span.setAttribute(ATTR_XDS_REJECT_REASON, end.reason);
    span.setStatus({ code: SpanStatusCode.ERROR, message: end.reason });
  }
  span.end();
}
