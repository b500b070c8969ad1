'use client';

import { ArrowRight } from 'lucide-react';
import type { ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import { formatPercent, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { HealthIcon, healthWord } from '#views/shell/health-icon.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';
import { nodeName } from './describe-edge.ts';
import type { MapSelection } from './map-selection.ts';

/** The map as a table: every edge with what its line says, worst first. */
export function MapTable({
  map,
  kept,
  selection,
  onSelect,
}: {
  readonly map: ServiceMap;
  /** Edges that the find bar left; all when undefined. */
  readonly kept: ReadonlySet<string> | undefined;
  readonly selection: MapSelection | undefined;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const edges = map.edges
    .filter((edge) => kept === undefined || kept.has(edge.id))
    .toSorted((a, b) => b.errorRatio - a.errorRatio || b.callsPerSecond - a.callsPerSecond);
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">Calls between services</caption>
        <thead className="sticky top-0 z-10 bg-panel text-left text-muted text-xs">
          <tr className="h-8 border-line border-b">
            <th className="pl-4 font-normal">Health</th>
            <th className="font-normal">From → to</th>
            <th className="pr-4 text-right font-normal">Calls</th>
            <th className="pr-4 text-right font-normal">Errors</th>
            <th className="pr-4 text-right font-normal">p50</th>
            <th className="pr-6 text-right font-normal">p99</th>
            <th className="w-[34%] pr-4 font-normal">How the callee is found</th>
          </tr>
        </thead>
        <tbody>
          {edges.map((edge) => (
            <EdgeRow
              key={edge.id}
              edge={edge}
              isSelected={selection?.kind === 'edge' && selection.id === edge.id}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
      {edges.length === 0 && <p className="p-6 text-center text-muted">No edge matches.</p>}
    </div>
  );
}

function EdgeRow({
  edge,
  isSelected,
  onSelect,
}: {
  readonly edge: ServiceEdge;
  readonly isSelected: boolean;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const isBad = edge.health === 'critical' || edge.health === 'degraded';
  return (
    <tr className={classNames('h-9 border-line border-b hover:bg-raise', isSelected && 'bg-raise')}>
      <td className="pl-4">
        <span className="flex items-center gap-1.5">
          <HealthIcon health={edge.health} silent />
          {healthWord(edge.health)}
        </span>
      </td>
      <td>
        <button
          type="button"
          aria-pressed={isSelected}
          onClick={() => onSelect({ kind: 'edge', id: edge.id })}
          className="flex h-8 items-center gap-1.5 font-medium hover:underline"
        >
          {nodeName(edge.client)}
          <ArrowRight size={13} className="text-dim" aria-label="to" />
          {nodeName(edge.server)}
        </button>
      </td>
      <td className="num pr-4 text-right">{formatRate(edge.callsPerSecond)}</td>
      <td className={classNames('num pr-4 text-right', isBad && 'text-crit-text')}>
        {formatPercent(edge.errorRatio)}
      </td>
      <td className="num pr-4 text-right">{latency(edge.p50Ns)}</td>
      <td className="num pr-6 text-right">{latency(edge.p99Ns)}</td>
      <td className="pr-4">
        <span className="flex items-center gap-3">
          <span className="w-32 shrink-0">
            <SplitBar counts={edge.byMode} heightPx={8} silent className="rounded-sm" />
          </span>
          <span className="tabular truncate text-muted text-xs">{modeWords(edge)}</span>
        </span>
      </td>
    </tr>
  );
}

function latency(ns: number | undefined): string {
  return ns === undefined ? '–' : formatLatency(ns);
}

function modeWords(edge: ServiceEdge): string {
  if (edge.calls === 0) return 'no calls in this window';
  const words = MODE_ORDER.flatMap((mode) => {
    const calls = edge.byMode.find((count) => count.mode === mode)?.calls ?? 0;
    return calls === 0 ? [] : [`${routingLook(mode).label} ${formatPercent(calls / edge.calls)}`];
  }).join(' · ');
  return edge.usualMode === undefined
    ? words
    : `${words} (usually ${routingLook(edge.usualMode).label})`;
}
