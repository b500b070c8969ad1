import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatCompact, formatPercent } from '#views/format/format-number.ts';
import { formatClock, formatDuration } from '#views/format/format-time.ts';
import type { Figures } from '#views/shell/figure-table.tsx';
import { routingLook } from '#views/theme/routing-look.ts';
import type { ReplaySeries } from './replay-series.ts';

/** What the timeline draws, in words: a row is as many seconds as one bin of it. */
export function replayFigures(timeline: ReplayTimeline, series: ReplaySeries): Figures {
  return {
    columns: [
      'UTC',
      ...series.modes.map((mode) => `${routingLook(mode).label}, calls/s`),
      'Failed calls',
      'p95 for users',
      'Clients in trouble',
    ],
    rows: series.failed.map((failed, bin) => {
      const at = formatClock(frameStart(timeline, bin * series.framesPerBin));
      const calls = series.modes.map((mode) => formatCompact(series.calls[mode]?.[bin] ?? 0));
      const rest = [
        formatPercent(failed),
        formatDuration((series.p95Ms[bin] ?? 0) * 1e6),
        formatPercent(series.troubled[bin] ?? 0),
      ];
      return { key: String(bin), cells: [at, ...calls, ...rest] };
    }),
  };
}
