'use client';

import { ChevronRight, Server } from 'lucide-react';
import { isOwnTime } from '#analysis/incident/slowdown.ts';
import { mainMode } from '#analysis/service-map/count-modes.ts';
import type { ServiceMap, ServiceNode } from '#analysis/service-map/service-map.ts';
import { judgeTwoViews } from '#views/control-plane/two-views.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { routingLook } from '#views/theme/routing-look.ts';
import { isBad } from './find-edges.ts';
import { InspectorSection, ModeSplit } from './inspector-parts.tsx';
import type { MapSelection } from './map-selection.ts';

/** The busiest callers; all of them are in the table. */
const MAX_CALLERS = 14;

/** What to look at first, worst first; the cause before the symptoms when discovery is what they share. */
export function NeedsAttention({
  map,
  onSelect,
}: {
  readonly map: ServiceMap;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const services = map.nodes.filter((node) => node.kind === 'service');
  const bad = services
    .filter((node) => isBad(node.health))
    .toSorted((a, b) => b.errorRatio - a.errorRatio || Number(isCause(b)) - Number(isCause(a)));
  return (
    <>
      <h2 className="px-4 pt-4 pb-3 font-semibold text-[14.5px]">
        {headline(services, bad.length)}
      </h2>
      <Cause map={map} bad={bad} onSelect={onSelect} />
      {bad.length > 0 && (
        <ul className="border-line border-t">
          {bad.map((node) => (
            <li key={node.id} className="border-line border-b">
              <BadService node={node} onSelect={onSelect} />
            </li>
          ))}
        </ul>
      )}
      <InspectorSection title="How callees are found" hint="calls between services">
        {map.totals.length === 0 ? (
          <p className="text-muted text-sm">No calls in this window.</p>
        ) : (
          <ModeSplit counts={map.totals} />
        )}
      </InspectorSection>
      <Callers map={map} onSelect={onSelect} />
    </>
  );
}

/** What others wait for is looked at before those who wait. */
function isCause({ slowdown }: ServiceNode): boolean {
  return slowdown !== undefined && isOwnTime(slowdown);
}

/** Silence is not health: what makes no calls is counted apart. */
function headline(services: readonly ServiceNode[], bad: number): string {
  const count = services.length;
  if (bad > 0) return `${bad} of ${count} ${bad === 1 ? 'needs' : 'need'} attention`;
  const silent = services.filter((node) => node.health === 'unknown').length;
  if (count === 0 || silent === count) return 'No calls now';
  const well = formatPlural(count - silent, 'service');
  return silent === 0 ? `${well} well` : `${well} well, ${silent} silent`;
}

/** Discovery is the common cause when most of what fails found no address. */
function Cause({
  map,
  bad,
  onSelect,
}: {
  readonly map: ServiceMap;
  readonly bad: readonly ServiceNode[];
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const view = map.controlPlane;
  const { health } = judgeTwoViews(view);
  if (view.state === 'none' || health === 'ok') return null;
  const lost = map.totals.find((count) => count.mode === 'xds-none')?.calls ?? 0;
  const isDiscovery = bad.length > 0 && lost > 0;
  return (
    <button
      type="button"
      onClick={() => onSelect({ kind: 'control-plane' })}
      className={`mx-3 mb-3 rounded-lg border px-3 py-2.5 text-left ${
        health === 'critical' ? 'border-crit-edge bg-crit-fill' : 'border-warn-edge bg-warn-node'
      }`}
    >
      <span className="flex items-center gap-2 font-semibold text-sm">
        <Server size={14} aria-hidden />
        {isDiscovery ? 'It is discovery, not your services' : 'Configuration is not in order'}
      </span>
      <span className="mt-1 block text-sm">{view.summary}</span>
      {isDiscovery && (
        <span className="mt-1 block text-muted text-xs">
          {formatPercent(lost / map.totals.reduce((sum, count) => sum + count.calls, 0))} of calls
          find no address
        </span>
      )}
    </button>
  );
}

function BadService({
  node,
  onSelect,
}: {
  readonly node: ServiceNode;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const mode = mainMode(node.incoming);
  return (
    <button
      type="button"
      onClick={() => onSelect({ kind: 'node', id: node.id })}
      className="flex w-full items-center gap-2.5 px-4 py-2 text-left hover:bg-raise"
    >
      <HealthIcon health={node.health} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium text-sm">{node.name}</span>
        <span className="block truncate text-muted text-xs">{node.healthReason}</span>
      </span>
      {node.slowdown === undefined ? (
        <span className="num text-crit-text text-sm">{formatPercent(node.errorRatio)}</span>
      ) : (
        <span className="num text-sm text-warn-text">
          {formatLatency(node.slowdown.during.p50Ns)}
        </span>
      )}
      {mode !== undefined && <RoutingMark mode={mode} label={routingLook(mode).label} />}
      <ChevronRight size={14} className="text-dim" aria-hidden />
    </button>
  );
}

/** Each caller with how it finds its callees: who has moved and who has not. */
function Callers({
  map,
  onSelect,
}: {
  readonly map: ServiceMap;
  readonly onSelect: (selection: MapSelection) => void;
}) {
  const callers = map.nodes
    .filter((node) => node.kind === 'service')
    .map((node) => {
      const edges = map.edges.filter((edge) => edge.client === node.id);
      return { node, edges, perSecond: edges.reduce((sum, edge) => sum + edge.callsPerSecond, 0) };
    })
    .filter((caller) => caller.perSecond > 0)
    .toSorted((a, b) => b.perSecond - a.perSecond);
  const shown = callers.slice(0, MAX_CALLERS);
  if (callers.length === 0) return null;
  return (
    <InspectorSection
      title="By caller"
      {...(shown.length < callers.length
        ? { hint: `the busiest ${shown.length} of ${callers.length}` }
        : {})}
    >
      <ul className="-mx-2">
        {shown.map(({ node, edges, perSecond }) => (
          <li key={node.id}>
            <button
              type="button"
              onClick={() => onSelect({ kind: 'node', id: node.id })}
              className="flex h-8 w-full items-center gap-3 rounded-md px-2 text-left text-sm hover:bg-raise"
            >
              <span className="w-20 truncate">{node.name}</span>
              <span className="flex-1">
                <SplitBar
                  counts={edges.flatMap((edge) => edge.byMode)}
                  heightPx={6}
                  className="rounded-sm"
                />
              </span>
              <span className="tabular w-14 text-right text-muted text-xs">
                {formatRate(perSecond)}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </InspectorSection>
  );
}
