import type { ModeCount } from '#analysis/service-map/service-map.ts';
import { formatPercent } from '#views/format/format-number.ts';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';
import { classNames } from './class-names.ts';

/** Shares of calls by routing mode, in the forms of the map. Nothing is drawn when nothing was called. */
export function SplitBar({
  counts,
  heightPx = 4,
  quiet = false,
  silent = false,
  className,
}: {
  readonly counts: readonly ModeCount[];
  readonly heightPx?: number;
  /** The usual way is drawn faint, so that what changed is found. */
  readonly quiet?: boolean;
  /** True where the numbers stand beside it. */
  readonly silent?: boolean;
  readonly className?: string;
}) {
  const parts = sharesOf(counts);
  if (parts.length === 0) return null;
  const words = parts.map((part) => `${part.look.label} ${formatPercent(part.share)}`).join(', ');
  return (
    <span
      className={classNames('flex w-full gap-px overflow-hidden', quiet && 'opacity-40', className)}
      style={{ height: heightPx }}
      {...(silent ? { 'aria-hidden': true } : { role: 'img', 'aria-label': words })}
    >
      {parts.map((part) => (
        <span
          key={part.mode}
          className={`h-full min-w-[2px] ${part.look.fill}`}
          style={{ flexGrow: part.share, flexBasis: 0 }}
        />
      ))}
    </span>
  );
}

/** Shares in 0..1, in the order of the legend; modes without calls are left out. */
export function sharesOf(counts: readonly ModeCount[]) {
  const total = counts.reduce((sum, count) => sum + count.calls, 0);
  if (total === 0) return [];
  return MODE_ORDER.flatMap((mode) => {
    const calls = counts.reduce((sum, count) => (count.mode === mode ? sum + count.calls : sum), 0);
    return calls === 0 ? [] : [{ mode, share: calls / total, look: routingLook(mode) }];
  });
}
