import { describe, expect, it } from 'vitest';
import { replayFixture } from '#tests/support/replay-fixture.ts';
import { formatCompact, formatPercent } from '#views/format/format-number.ts';
import { replayFigures } from '#views/replay/replay-figures.ts';
import { callsAt, failedAt, replaySeries } from '#views/replay/replay-series.ts';

describe('replayFigures', () => {
  it('says in words what the timeline draws, row by row', () => {
    const { timeline } = replayFixture();
    const series = replaySeries(timeline);
    const { columns, rows } = replayFigures(timeline, series);
    expect(rows).toHaveLength(series.failed.length);
    expect(rows.every(({ cells }) => cells.length === columns.length)).toBe(true);
    // One frame a bin: the figures are those of the second.
    expect(series.framesPerBin).toBe(1);
    for (const frame of [0, 61, 140]) {
      const cells = rows[frame]?.cells ?? [];
      series.modes.forEach((mode, i) => {
        expect(cells[i + 1]).toBe(formatCompact(callsAt(timeline, frame, mode)));
      });
      expect(cells[series.modes.length + 1]).toBe(formatPercent(failedAt(timeline, frame)));
    }
  });
});
