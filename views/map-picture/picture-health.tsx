import type { Health } from '#analysis/service-map/service-map.ts';
import { healthIcon } from '#views/shell/health-icon.tsx';

const COLOURS: Readonly<Record<Health, string>> = {
  ok: 'var(--ok)',
  degraded: 'var(--warn)',
  critical: 'var(--crit)',
  unknown: 'var(--dim)',
};

/** The icon of a health inside a picture. */
export function HealthMark({
  health,
  x,
  y,
  size,
}: {
  readonly health: Health;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}) {
  const Icon = healthIcon(health);
  return <Icon x={x} y={y} size={size} color={COLOURS[health]} />;
}
