import {
  CircleCheck,
  CircleDashed,
  type LucideIcon,
  OctagonAlert,
  TriangleAlert,
} from 'lucide-react';
import type { Health } from '#analysis/service-map/service-map.ts';

const ICONS = {
  ok: { Icon: CircleCheck, className: 'text-ok', word: 'healthy' },
  degraded: { Icon: TriangleAlert, className: 'text-warn', word: 'degraded' },
  critical: { Icon: OctagonAlert, className: 'text-crit', word: 'critical' },
  unknown: { Icon: CircleDashed, className: 'text-dim', word: 'unknown' },
} as const;

/** Health is an icon first: its colours are not told apart by every eye. */
export function HealthIcon({
  health,
  size = 15,
  silent = false,
}: {
  readonly health: Health;
  readonly size?: number;
  /** True where the word stands beside it. */
  readonly silent?: boolean;
}) {
  const { Icon, className, word } = ICONS[health];
  return silent ? (
    <Icon size={size} className={`shrink-0 ${className}`} aria-hidden />
  ) : (
    <Icon size={size} className={`shrink-0 ${className}`} role="img" aria-label={word} />
  );
}

/** The word for a health: "healthy", "degraded", "critical", "unknown". */
export function healthWord(health: Health): string {
  return ICONS[health].word;
}

/** The icon alone, where its colour is given otherwise. */
export function healthIcon(health: Health): LucideIcon {
  return ICONS[health].Icon;
}
