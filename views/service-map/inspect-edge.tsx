'use client';

import { ArrowRight, ListTree, Network } from 'lucide-react';
import { isOwnTime, type Slowdown } from '#analysis/incident/slowdown.ts';
import type { ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import { formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import type { SeenSeries } from '#views/live/edge-history.ts';
import { Badge } from '#views/shell/badge.tsx';
import { ButtonLink } from '#views/shell/button.tsx';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { routingLook } from '#views/theme/routing-look.ts';
import { nodeName } from './describe-edge.ts';
import {
  clientsFor,
  doTheyDisagree,
  explainFailure,
  modeEvidence,
  wayOut,
  whoSaysWhat,
} from './explain-edge.ts';
import { tracesOfEdge } from './inspected-traces.ts';
import { InspectorHead, InspectorSection, ModeSplit, RedRow } from './inspector-parts.tsx';

export function InspectEdge({
  edge,
  map,
  seen,
  past,
  onClose,
}: {
  readonly edge: ServiceEdge;
  readonly map: ServiceMap;
  readonly seen: SeenSeries | undefined;
  /** The time of the map, where it is not the present. */
  readonly past: TimeWindow | undefined;
  readonly onClose: () => void;
}) {
  const failure = explainFailure(edge, map);
  const out = wayOut(edge, map);
  const latency = edge.p99Ns ?? edge.p95Ns;
  return (
    <>
      <InspectorHead
        health={edge.health}
        title={
          <span className="flex items-center gap-1.5">
            {nodeName(edge.client)}
            <ArrowRight size={14} className="shrink-0 text-dim" aria-label="to" />
            {nodeName(edge.server)}
          </span>
        }
        subtitle={channelWords(edge, map)}
        onClose={onClose}
      />
      <RedRow
        perSecond={formatRate(edge.callsPerSecond)}
        errorRatio={edge.errorRatio}
        p99Ms={latency === undefined ? '–' : formatLatency(latency)}
        latencyName={edge.p99Ns === undefined && latency !== undefined ? 'p95' : 'p99'}
        seen={seen}
      />
      {edge.slowdown !== undefined && <Slowness slowdown={edge.slowdown} />}
      <InspectorSection
        title="How the callee is found"
        hint={
          edge.usualMode === undefined ? 'as usual' : `usually ${routingLook(edge.usualMode).label}`
        }
      >
        <ModeSplit counts={edge.byMode} evidence={modeEvidence(edge)} />
      </InspectorSection>
      <WhoSaysWhat edge={edge} map={map} />
      {failure !== undefined && (
        <InspectorSection title="What the failures mean">
          <p className="num mb-1.5 rounded-md border border-line bg-bg px-2 py-1 text-muted text-xs">
            {failure.signature}
          </p>
          <p className="text-sm">{failure.meaning}</p>
        </InspectorSection>
      )}
      {out !== undefined && (
        <div className="m-3 rounded-lg border border-dns-edge bg-dns-fill px-3 py-2">
          <p className="flex items-center gap-1.5 font-semibold text-sm">
            <Network size={14} className="text-dns" aria-hidden /> Way out
          </p>
          <p className="mt-0.5 text-muted text-sm">{out}</p>
        </div>
      )}
      <div className="mt-auto flex gap-2 p-3">
        {edge.errors > 0 && (
          <ButtonLink className="flex-1" href={tracesOfEdge(edge, { onlyFailed: true, past })}>
            <ListTree size={14} aria-hidden /> Failed traces
          </ButtonLink>
        )}
        <ButtonLink className="flex-1" href={tracesOfEdge(edge, { onlyFailed: false, past })}>
          <ListTree size={14} aria-hidden /> Its traces
        </ButtonLink>
      </div>
    </>
  );
}

function Slowness({ slowdown }: { readonly slowdown: Slowdown }) {
  const { before, during, startUnixNano, server, origin } = slowdown;
  return (
    <InspectorSection title="Slower than usual" hint={<Instant at={startUnixNano} />}>
      <p className="num text-sm">
        p50 {formatLatency(during.p50Ns)}, {formatLatency(before.p50Ns)} before · p99{' '}
        {formatLatency(during.p99Ns)}, {formatLatency(before.p99Ns)} before
      </p>
      <p className="mt-0.5 text-muted text-xs">
        {isOwnTime(slowdown)
          ? `The time is lost at ${server} itself.`
          : `${server} waits: the time is lost at ${origin}.`}
      </p>
    </InspectorSection>
  );
}

function WhoSaysWhat({ edge, map }: { readonly edge: ServiceEdge; readonly map: ServiceMap }) {
  const statements = whoSaysWhat(edge, map);
  const disagree = doTheyDisagree(statements);
  return (
    <InspectorSection
      title="Who says what"
      hint={disagree ? <Badge tone="crit">they disagree</Badge> : undefined}
    >
      <ul className="-mx-1.5 flex flex-col gap-1">
        {statements.map((statement) => (
          <li
            key={statement.who}
            className={`flex gap-2 rounded-md px-1.5 py-1 ${disagree && statement.health === 'critical' ? 'bg-crit-fill' : ''}`}
          >
            <HealthIcon health={statement.health} size={14} />
            <div className="-mt-0.5 min-w-0 flex-1">
              <p className="flex justify-between gap-2 text-sm">
                <span className="truncate">{statement.who}</span>
                <span
                  className={`shrink-0 font-medium ${statement.health === 'critical' ? 'text-crit-text' : ''}`}
                >
                  {statement.says}
                </span>
              </p>
              <p className="text-muted text-xs">{statement.detail}</p>
            </div>
          </li>
        ))}
      </ul>
    </InspectorSection>
  );
}

/** What the caller calls with, as its xDS clients tell it. */
function channelWords(edge: ServiceEdge, map: ServiceMap): string {
  const clients = clientsFor(edge, map.controlPlane.clients);
  if (clients.length > 0 && clients.every((client) => client.kind === 'grpc')) {
    return `${clients[0]?.target ?? 'gRPC'} · without a sidecar`;
  }
  return clients.some((client) => client.kind === 'sidecar')
    ? 'through its sidecar'
    : 'service call';
}
