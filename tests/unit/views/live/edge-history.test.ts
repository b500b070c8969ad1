import { describe, expect, it } from 'vitest';
import { addNs, fromUnixMs } from '#telemetry/time.ts';
import { mapFixture } from '#tests/support/live-fixture.ts';
import { addToHistory, earlier } from '#views/live/edge-history.ts';

const AT = fromUnixMs(1_700_000_000_000);

describe('addToHistory', () => {
  it('keeps one value a second, however often snapshots come', () => {
    const first = mapFixture('calm', AT);
    const one = addToHistory(new Map(), undefined, first);
    const soon = addToHistory(one, first, mapFixture('calm', addNs(AT, 2e8)));
    const later = addToHistory(one, first, mapFixture('midst', addNs(AT, 1e9)));
    expect(soon).toBe(one);
    expect(later.get('gateway->login')?.errorRatio).toEqual([0, 1]);
    expect(later.get('node:login')?.perSecond).toEqual([24, 24]);
    const [before, now] = later.get('node:login')?.seconds ?? [];
    expect((now ?? 0) - (before ?? 0)).toBe(1);
  });
});

describe('earlier', () => {
  it('leaves out what was not measured', () => {
    expect(earlier([undefined, 3, 1, 2, 9, 4, ...new Array(12).fill(50)])).toBe(3);
    expect(earlier([undefined, undefined, 3, 1, 2, 9, ...new Array(9).fill(50)])).toBeUndefined();
  });

  it('is the middle of the oldest third, and unknown while that is short', () => {
    expect(earlier([1, 2, 3])).toBeUndefined();
    expect(earlier([3, 1, 2, 9, 4, ...new Array(12).fill(50)])).toBe(3);
  });
});
