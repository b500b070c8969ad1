'use client';

import { ArrowRight, ListTree } from 'lucide-react';
import type { ServiceEdge, ServiceMap, ServiceNode } from '#analysis/service-map/service-map.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import { VERDICT_TEXT, verdictLook } from '#views/control-plane/verdict-look.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { formatAge, formatLatency } from '#views/format/format-time.ts';
import type { SeenSeries } from '#views/live/edge-history.ts';
import { ButtonLink } from '#views/shell/button.tsx';
import { HealthIcon, healthWord } from '#views/shell/health-icon.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { nodeName } from './describe-edge.ts';
import { tracesOfNode } from './inspected-traces.ts';
import { InspectorHead, InspectorSection, ModeSplit, RedRow } from './inspector-parts.tsx';
import type { MapSelection } from './map-selection.ts';

export function InspectNode({
  node,
  map,
  seen,
  past,
  onSelect,
  onClose,
}: {
  readonly node: ServiceNode;
  readonly map: ServiceMap;
  readonly seen: SeenSeries | undefined;
  /** The time of the map, where it is not the present. */
  readonly past: TimeWindow | undefined;
  readonly onSelect: (selection: MapSelection) => void;
  readonly onClose: () => void;
}) {
  const callers = map.edges.filter((edge) => edge.server === node.id);
  const callees = map.edges.filter((edge) => edge.client === node.id);
  const latency = node.p99Ns ?? node.p95Ns;
  return (
    <>
      <InspectorHead
        health={node.health}
        title={node.name}
        subtitle={subtitle(node)}
        onClose={onClose}
      />
      {node.kind !== 'users' && (
        <RedRow
          perSecond={formatRate(node.requestsPerSecond)}
          errorRatio={node.errorRatio}
          p99Ms={latency === undefined ? '–' : formatLatency(latency)}
          latencyName={node.p99Ns === undefined && latency !== undefined ? 'p95' : 'p99'}
          seen={seen}
        />
      )}
      {callers.length > 0 && (
        <InspectorSection title="How callers reach it">
          <ModeSplit counts={node.incoming} />
        </InspectorSection>
      )}
      <Clients node={node} />
      <EdgeList
        title="Called by"
        edges={callers}
        nameOf={(edge) => edge.client}
        onSelect={onSelect}
      />
      <EdgeList title="Calls" edges={callees} nameOf={(edge) => edge.server} onSelect={onSelect} />
      {node.kind === 'service' && (
        <div className="mt-auto flex gap-2 p-3">
          <ButtonLink className="flex-1" href={tracesOfNode(node.id, { onlyFailed: true, past })}>
            <ListTree size={14} aria-hidden /> Failed traces
          </ButtonLink>
          <ButtonLink className="flex-1" href={tracesOfNode(node.id, { onlyFailed: false, past })}>
            <ListTree size={14} aria-hidden /> Its traces
          </ButtonLink>
        </div>
      )}
    </>
  );
}

function subtitle(node: ServiceNode): string {
  // Nobody calls them, so nothing is known of how they answer.
  if (node.kind === 'users') return 'callers that send no telemetry';
  const parts = [
    healthWord(node.health),
    node.healthReason,
    node.instances > 0 ? formatPlural(node.instances, 'instance') : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function Clients({ node }: { readonly node: ServiceNode }) {
  if (node.clients.length === 0) return null;
  return (
    <InspectorSection title="Configuration it holds">
      <ul className="flex flex-col gap-1.5">
        {node.clients.map((client) => {
          const { Icon, tone, word } = verdictLook(client.verdict);
          return (
            <li key={client.id} className="flex items-center gap-2 text-sm">
              <Icon size={14} className={`shrink-0 ${VERDICT_TEXT[tone]}`} aria-hidden />
              <span className="truncate font-medium">{client.id}</span>
              <span className="truncate text-muted text-xs">{word}</span>
              <span className="num ml-auto shrink-0 text-xs">
                {client.version ?? '–'}
                {client.configAgeNs !== undefined && (
                  <span className="text-muted"> {formatAge(client.configAgeNs)}</span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </InspectorSection>
  );
}

function EdgeList({
  title,
  edges,
  nameOf,
  onSelect,
}: {
  readonly title: string;
  readonly edges: readonly ServiceEdge[];
  readonly nameOf: (edge: ServiceEdge) => string;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  if (edges.length === 0) return null;
  return (
    <InspectorSection title={title}>
      <ul className="-mx-2">
        {edges.map((edge) => (
          <li key={edge.id}>
            <button
              type="button"
              onClick={() => onSelect({ kind: 'edge', id: edge.id })}
              className="flex h-8 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-raise"
            >
              <HealthIcon health={edge.health} size={14} />
              <span className="min-w-0 flex-1 truncate">{nodeName(nameOf(edge))}</span>
              <span className="w-14 shrink-0">
                <SplitBar counts={edge.byMode} heightPx={5} className="rounded-sm" />
              </span>
              <span className="tabular w-12 shrink-0 text-right text-muted text-xs">
                {formatRate(edge.callsPerSecond)}
              </span>
              <span
                className={`tabular w-11 shrink-0 text-right text-xs ${edge.errorRatio >= 0.01 ? 'text-crit-text' : 'text-muted'}`}
              >
                {formatPercent(edge.errorRatio)}
              </span>
              <ArrowRight size={12} className="shrink-0 text-dim" aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </InspectorSection>
  );
}
