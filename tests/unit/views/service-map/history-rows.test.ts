import { describe, expect, it } from 'vitest';
import { unixSecond } from '#telemetry/time.ts';
import { cutHistory, niceTop, toHistoryRows } from '#views/service-map/history-rows.ts';

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
