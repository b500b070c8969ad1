'use client';

import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Health, ModeCount } from '#analysis/service-map/service-map.ts';
import { formatPercent } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { earlier, type SeenSeries } from '#views/live/edge-history.ts';
import { IconButton } from '#views/shell/button.tsx';
import { FigureTable } from '#views/shell/figure-table.tsx';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { Sparkline } from '#views/shell/sparkline.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';
import { seenFigures } from './seen-figures.ts';

const HEAD_GROUNDS: Readonly<Record<Health, string>> = {
  ok: 'border-edge bg-raise',
  unknown: 'border-edge bg-raise',
  degraded: 'border-warn-edge bg-warn-node',
  critical: 'border-crit-edge bg-crit-node',
};

export function InspectorHead({
  health,
  title,
  subtitle,
  onClose,
}: {
  readonly health: Health;
  readonly title: ReactNode;
  readonly subtitle: ReactNode;
  readonly onClose: () => void;
}) {
  return (
    <div className="flex items-start gap-3 px-4 pt-3.5 pb-3">
      <span
        className={`grid size-8 shrink-0 place-items-center rounded-lg border ${HEAD_GROUNDS[health]}`}
      >
        <HealthIcon health={health} size={16} />
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="truncate font-semibold text-[14.5px] leading-5">{title}</h2>
        <p className="truncate text-muted text-xs">{subtitle}</p>
      </div>
      <IconButton name="Close" onClick={onClose} className="-mr-2 -mt-1">
        <X size={16} aria-hidden />
      </IconButton>
    </div>
  );
}

/** Rate, errors and duration, each with what it was and how it went. */
export function RedRow({
  perSecond,
  errorRatio,
  p99Ms,
  latencyName = 'p99',
  seen,
}: {
  readonly perSecond: string;
  readonly errorRatio: number;
  readonly p99Ms: string;
  /** A replay keeps the p95 alone. */
  readonly latencyName?: 'p95' | 'p99';
  readonly seen: SeenSeries | undefined;
}) {
  const wasErrors = earlier(seen?.errorRatio ?? []);
  const wasMs = earlier(seen?.latencyMs ?? []);
  return (
    <div className="grid grid-cols-3 divide-x divide-line border-line border-y">
      <Figure
        label="Calls"
        value={perSecond}
        was={undefined}
        corner={
          seen !== undefined && (
            <FigureTable
              name="Calls, errors and latency"
              side="bottom"
              read={() => seenFigures(seen, latencyName)}
            />
          )
        }
      >
        {seen && <Sparkline values={seen.perSecond} />}
      </Figure>
      <Figure
        label="Errors"
        value={formatPercent(errorRatio)}
        was={wasErrors === undefined ? undefined : formatPercent(wasErrors)}
        isBad={errorRatio >= 0.01}
      >
        {seen && <Sparkline values={seen.errorRatio} tone="crit" />}
      </Figure>
      <Figure
        label={latencyName}
        value={p99Ms}
        was={wasMs === undefined ? undefined : formatLatency(wasMs * 1e6)}
      >
        {seen && <Sparkline values={seen.latencyMs} tone="warn" />}
      </Figure>
    </div>
  );
}

function Figure({
  label,
  value,
  was,
  isBad = false,
  corner,
  children,
}: {
  readonly label: string;
  readonly value: string;
  readonly was: string | undefined;
  readonly corner?: ReactNode;
  readonly isBad?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className="min-w-0 px-3 pt-2 pb-2.5">
      <div className="flex justify-between gap-1 text-muted text-xs">
        <span>{label}</span>
        {was !== undefined && <span className="truncate">was {was}</span>}
        {corner && <span className="-my-1 -mr-2">{corner}</span>}
      </div>
      <p className={`num mb-1 text-[17px] leading-6 ${isBad ? 'text-crit-text' : ''}`}>{value}</p>
      {children}
    </div>
  );
}

export function InspectorSection({
  title,
  hint,
  children,
}: {
  readonly title: string;
  readonly hint?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="border-line border-b px-4 py-3">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="font-semibold text-sm">{title}</h3>
        {hint !== undefined && <span className="truncate text-muted text-xs">{hint}</span>}
      </div>
      {children}
    </section>
  );
}

/** The split by mode: bar, then each mode with its mark and share. */
export function ModeSplit({
  counts,
  evidence,
}: {
  readonly counts: readonly ModeCount[];
  readonly evidence?: string;
}) {
  const total = counts.reduce((sum, count) => sum + count.calls, 0);
  return (
    <>
      <SplitBar counts={counts} heightPx={8} silent className="mb-2 rounded-sm" />
      <ul className="flex flex-wrap gap-x-4 gap-y-1">
        {MODE_ORDER.flatMap((mode) => {
          const calls = counts.find((count) => count.mode === mode)?.calls ?? 0;
          if (calls === 0) return [];
          const look = routingLook(mode);
          return [
            <li key={mode} className="flex items-center gap-1.5 text-sm" title={look.explanation}>
              <RoutingMark mode={mode} />
              {look.label}
              <b className={`tabular font-semibold ${look.text}`}>{formatPercent(calls / total)}</b>
            </li>,
          ];
        })}
      </ul>
      {evidence !== undefined && <p className="mt-1.5 text-muted text-xs">{evidence}</p>}
    </>
  );
}
