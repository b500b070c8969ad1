import { describe, expect, it } from 'vitest';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import {
  cutHistory,
  historyFigures,
  meanRow,
  niceTop,
  toHistoryRows,
} from '#views/service-map/history-rows.ts';

const history = {
  startSecond: unixSecond(100),
  modes: ['xds-live', 'xds-fallback', 'dns'] as const,
  calls: [
    [1, 2, 3, 4],
    [1, 1, 1, 1],
    [0, 5, 0, 9],
  ],
  errors: [0, 0, 2, 0],
};

describe('toHistoryRows', () => {
  it('adds the modes that are drawn as one', () => {
    expect(toHistoryRows(history)[1]).toMatchObject({ second: 101, mesh: 3, dns: 5, errors: 0 });
  });

  it('has a round number above everything', () => {
    expect(niceTop(toHistoryRows(history))).toBe(15);
    expect(niceTop([])).toBe(1);
  });
});

describe('historyFigures', () => {
  it('is the strip in words, the newest second first, in the ways that occur', () => {
    const { columns, rows } = historyFigures(toHistoryRows(history));
    expect(columns).toEqual(['UTC', 'Mesh, calls/s', 'DNS, calls/s', 'Failed, calls/s']);
    expect(rows.map(({ cells }) => cells.join(' '))).toEqual([
      '00:01:43 5 9 0',
      '00:01:42 4 0 2',
      '00:01:41 3 5 0',
      '00:01:40 2 0 0',
    ]);
  });
});

describe('meanRow', () => {
  const rows = toHistoryRows(history);
  const window = (from: number, to: number) => ({
    startUnixNano: startOfSecond(unixSecond(from)),
    endUnixNano: startOfSecond(unixSecond(to)),
  });

  it('is of the time that is shown, not of the newest second', () => {
    expect(meanRow(rows, window(101, 103))).toMatchObject({ mesh: 3.5, dns: 2.5, errors: 1 });
  });

  it('is nothing where the strip does not reach', () => {
    expect(meanRow(rows, window(50, 60))).toBeUndefined();
  });
});

describe('cutHistory', () => {
  it('leaves out the second that is still filling', () => {
    expect(cutHistory(history, 103, 2)).toMatchObject({
      startSecond: 101,
      errors: [0, 2],
      calls: [
        [2, 3],
        [1, 1],
        [5, 0],
      ],
    });
  });

  it('has nothing where nothing is closed yet', () => {
    expect(cutHistory(history, 90, 10).errors).toEqual([]);
  });
});
