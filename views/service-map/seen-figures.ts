import { startOfSecond } from '#telemetry/time.ts';
import { formatCompact, formatPercent } from '#views/format/format-number.ts';
import { formatClock, formatLatency } from '#views/format/format-time.ts';
import type { SeenSeries } from '#views/live/edge-history.ts';
import type { Figures } from '#views/shell/figure-table.tsx';

/** What the three sparks of the inspector draw, in words, the newest second first. */
export function seenFigures(seen: SeenSeries, latencyName: string): Figures {
  return {
    columns: ['UTC', 'Calls/s', 'Errors', latencyName],
    rows: seen.seconds
      .map((second, i) => {
        const ms = seen.latencyMs[i];
        return {
          key: String(second),
          cells: [
            formatClock(startOfSecond(second)),
            formatCompact(seen.perSecond[i] ?? 0),
            formatPercent(seen.errorRatio[i] ?? 0),
            ms === undefined ? '–' : formatLatency(ms * 1e6),
          ],
        };
      })
      .toReversed(),
  };
}
