import type { Health, ModeCount } from '#analysis/service-map/service-map.ts';
import type { Box } from '#views/service-map/place-map.ts';
import { sharesOf } from '#views/shell/split-bar.tsx';
import type { RoutingForm } from '#views/theme/routing-look.ts';

export const GROUNDS: Readonly<Record<Health, readonly [fill: string, stroke: string]>> = {
  ok: ['var(--node)', 'var(--edge)'],
  unknown: ['var(--node)', 'var(--edge)'],
  degraded: ['var(--warn-node)', 'var(--warn-edge)'],
  critical: ['var(--crit-node)', 'var(--crit)'],
};

/** The card of a node or of a group. */
export function Ground({
  health,
  box,
  isInferred,
}: {
  readonly health: Health;
  readonly box: Box;
  readonly isInferred: boolean;
}) {
  const [fill, stroke] = GROUNDS[health];
  return (
    <rect
      width={box.width}
      height={box.height}
      rx={9}
      fill={fill}
      stroke={isInferred ? 'var(--dim)' : stroke}
      {...(isInferred ? { strokeDasharray: '3 3' } : {})}
    />
  );
}

/** The form says it without the hue, as on every other bar. */
const SPLIT_DASHES: Partial<Readonly<Record<RoutingForm, string>>> = {
  dashed: '5 2',
  broken: '2 2',
  dotted: '1 2',
  faint: '1 2',
};
const HUES = { mesh: 'var(--mesh)', dns: 'var(--dns)', crit: 'var(--crit)', plain: 'var(--plain)' };

/** How callers reach it, by share, along its lower edge. */
export function Split({
  counts,
  box,
}: {
  readonly counts: readonly ModeCount[];
  readonly box: Box;
}) {
  const width = box.width - 12;
  let x = 6;
  return sharesOf(counts).map(({ mode, share, look }) => {
    const from = x;
    x += share * width;
    const length = Math.max(1, share * width - 1);
    return (
      <g key={mode} transform={`translate(${from} ${box.height - 2.75})`} stroke={HUES[look.hue]}>
        {look.form === 'double' ? (
          <path d={`M0-1.1h${length}M0 1.1h${length}`} strokeWidth={0.9} />
        ) : (
          <path d={`M0 0h${length}`} strokeWidth={2.5} strokeDasharray={SPLIT_DASHES[look.form]} />
        )}
      </g>
    );
  });
}
