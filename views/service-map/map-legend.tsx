import type { ReactNode } from 'react';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { VERDICT_TEXT, verdictLook, worstVerdict } from '#views/control-plane/verdict-look.ts';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';

const ALWAYS: readonly RoutingMode[] = ['xds-live', 'xds-cached', 'xds-none', 'dns'];

/** What the forms mean: the four ways always, the others and the ports when they are on the map. */
export function MapLegend({ map }: { readonly map: ServiceMap }) {
  const seen = new Set(map.edges.flatMap((edge) => edge.byMode.map((count) => count.mode)));
  const verdicts = [...new Set(map.nodes.map((node) => worstVerdict(node.clients)))].flatMap(
    (verdict) => (verdict === undefined ? [] : [verdict]),
  );
  const hasFailing = map.edges.some((edge) => edge.errors > 0);
  return (
    <ul className="flex h-9 shrink-0 flex-wrap items-center gap-x-4 overflow-hidden whitespace-nowrap border-line border-t bg-panel px-4 leading-9 text-muted text-xs">
      {MODE_ORDER.filter((mode) => ALWAYS.includes(mode) || seen.has(mode)).map((mode) => (
        <Entry key={mode} mark={<RoutingMark mode={mode} />} title={routingLook(mode).explanation}>
          {routingLook(mode).label}
        </Entry>
      ))}
      {hasFailing && (
        <Entry
          mark={
            <svg width="24" height="10" viewBox="0 0 24 10" aria-hidden="true">
              <rect y="1" width="24" height="8" rx="4" fill="var(--crit)" opacity="0.3" />
              <path d="m12 .8 4.2 4.2L12 9.2 7.8 5Z" fill="var(--crit)" />
            </svg>
          }
        >
          Failing calls
        </Entry>
      )}
      {map.controlPlane.state !== 'none' && (
        <Entry
          mark={
            <svg width="22" height="4" viewBox="0 0 22 4" aria-hidden="true">
              <path
                d="M1 2h20"
                stroke="var(--control)"
                strokeWidth="1.6"
                strokeDasharray="0.1 4"
                strokeLinecap="round"
              />
            </svg>
          }
        >
          Configuration
        </Entry>
      )}
      {verdicts
        .filter((verdict) => verdict !== 'in-sync')
        .map((verdict) => {
          const { Icon, tone, word, short } = verdictLook(verdict);
          return (
            <Entry
              key={verdict}
              mark={<Icon size={13} className={VERDICT_TEXT[tone]} aria-hidden />}
              title={word}
            >
              {short}
            </Entry>
          );
        })}
    </ul>
  );
}

function Entry({
  mark,
  title,
  children,
}: {
  readonly mark: ReactNode;
  readonly title?: string;
  readonly children: ReactNode;
}) {
  return (
    <li className="flex items-center gap-1.5" title={title}>
      {mark}
      {children}
    </li>
  );
}
