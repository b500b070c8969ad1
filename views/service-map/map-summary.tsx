import type { ReactNode } from 'react';
import type { ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import { isMesh, type RoutingMode } from '#telemetry/routing-mode.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { isBad } from './find-edges.ts';

/** One line that answers: what is broken, which way do calls go, how far is the move. */
export function MapSummary({ map }: { readonly map: ServiceMap }) {
  const services = map.nodes.filter((node) => node.kind === 'service');
  const unhealthy = services.filter((node) => isBad(node.health)).length;
  const total = map.totals.reduce((sum, count) => sum + count.calls, 0);
  const share = (matches: (mode: RoutingMode) => boolean) =>
    total === 0
      ? 0
      : map.totals.reduce((sum, count) => (matches(count.mode) ? sum + count.calls : sum), 0) /
        total;
  const none = share((mode) => mode === 'xds-none');
  const cached = share((mode) => mode === 'xds-cached');
  const shift = countShift(map.edges);
  return (
    // What has no room is left out whole: a second line would be there, and is not shown.
    <div className="@container flex h-9 shrink-0 flex-wrap content-start items-center gap-x-3 overflow-hidden whitespace-nowrap border-line border-b px-4 text-muted text-sm leading-[35px]">
      <span>
        unhealthy{' '}
        <b className={unhealthy > 0 ? 'font-semibold text-crit-text' : 'font-semibold text-fg'}>
          {unhealthy}
        </b>
        /{services.length}
      </span>
      <Divider />
      <Share label="mesh" tone="text-mesh-text">
        {formatPercent(share((mode) => isMesh(mode) && mode !== 'xds-none'))}
      </Share>
      {cached > 0 && (
        <Share label="of it from cache" tone="text-mesh-text">
          {formatPercent(cached)}
        </Share>
      )}
      <Share label="DNS" tone="text-dns-text">
        {formatPercent(share((mode) => mode === 'dns'))}
      </Share>
      {none > 0 && (
        <Share label="no config" tone="text-crit-text">
          {formatPercent(none)}
        </Share>
      )}
      {shift.affected > 0 && (
        <>
          <Divider />
          <Shift {...shift} />
        </>
      )}
      <span className="tabular ml-auto">
        {formatRate(map.edges.reduce((sum, edge) => sum + edge.callsPerSecond, 0)).replace(
          '/s',
          ' calls/s',
        )}
      </span>
    </div>
  );
}

function Share({
  label,
  tone,
  children,
}: {
  readonly label: string;
  readonly tone: string;
  readonly children: ReactNode;
}) {
  return (
    <span>
      {label} <b className={`tabular font-semibold ${tone}`}>{children}</b>
    </span>
  );
}

function Divider() {
  return <span className="h-4 w-px bg-edge" aria-hidden />;
}

/** Of the edges that the mesh lost or gave up, how many have gone over to DNS. */
function Shift({ moved, affected }: { readonly moved: number; readonly affected: number }) {
  return (
    <span className="flex items-center gap-2">
      shift to DNS
      <span
        className="h-[5px] w-20 overflow-hidden rounded-sm bg-edge @max-[700px]:hidden"
        aria-hidden
      >
        <span className="block h-full bg-dns" style={{ width: `${(moved / affected) * 100}%` }} />
      </span>
      <span className="text-fg">
        {moved} of {formatPlural(affected, 'edge')}
      </span>
    </span>
  );
}

function countShift(edges: readonly ServiceEdge[]): {
  readonly moved: number;
  readonly affected: number;
} {
  const usedMesh = edges.filter(
    (edge) =>
      (edge.usualMode !== undefined && isMesh(edge.usualMode)) ||
      edge.byMode.some((count) => count.mode === 'xds-none'),
  );
  const affected = usedMesh.filter((edge) =>
    edge.byMode.some((count) => count.mode === 'dns' || count.mode === 'xds-none'),
  );
  const moved = affected.filter((edge) => !edge.byMode.some((count) => isMesh(count.mode)));
  return { moved: moved.length, affected: affected.length };
}
