import { describeSlowdown } from '#analysis/incident/slowdown.ts';
import { mainMode } from '#analysis/service-map/count-modes.ts';
import type { ServiceEdge } from '#analysis/service-map/service-map.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { formatPercent, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';

export interface EdgeWords {
  readonly rate: string;
  /** What is not as usual, or ''. */
  readonly note: string;
  readonly tone: 'plain' | 'crit' | 'warn' | 'dns' | 'mesh';
}

/** The label of an edge: its rate, and under it what is not as usual. */
export function describeEdge(edge: ServiceEdge): EdgeWords {
  const rate = formatRate(edge.callsPerSecond);
  if (edge.errorRatio >= 0.01) {
    return { rate, note: `${formatPercent(edge.errorRatio)} fail`, tone: 'crit' };
  }
  if (edge.slowdown !== undefined) {
    const { before, during } = edge.slowdown;
    const note = `${formatLatency(during.p50Ns)}, was ${formatLatency(before.p50Ns)}`;
    return { rate, note, tone: 'warn' };
  }
  const now = mainMode(edge.byMode);
  if (now === undefined || edge.usualMode === undefined) return { rate, note: '', tone: 'plain' };
  const look = routingLook(now);
  const tone = look.hue === 'dns' || look.hue === 'mesh' ? look.hue : 'plain';
  return { rate, note: look.short, tone };
}

/** "users" for those who send no telemetry. */
export function nodeName(id: string): string {
  return id === USERS ? 'users' : id;
}

/** The whole edge in one sentence. */
export function speakEdge(edge: ServiceEdge): string {
  const modes = MODE_ORDER.flatMap((mode) => {
    const calls = edge.byMode.find((count) => count.mode === mode)?.calls ?? 0;
    if (calls === 0 || edge.calls === 0) return [];
    return [`${formatPercent(calls / edge.calls)} ${routingLook(mode).label}`];
  });
  return [
    `${nodeName(edge.client)} to ${nodeName(edge.server)}`,
    `${formatRate(edge.callsPerSecond).replace('/s', '')} calls per second`,
    edge.errorRatio > 0 ? `${formatPercent(edge.errorRatio)} fail` : '',
    edge.slowdown === undefined ? '' : describeSlowdown(edge.slowdown),
    ...modes,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
