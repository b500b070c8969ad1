import { describe, expect, it } from 'vitest';
import { ADS_BACKOFF, backoffMs } from '#lab/sidecar/backoff.ts';

describe('backoffMs', () => {
  it('grows by its factor and stops at its limit', () => {
    const policy = { baseMs: 500, factor: 2, maxMs: 3000, jitter: 0 };
    expect([0, 1, 2, 3, 9].map((n) => backoffMs(policy, n, 0.5))).toEqual([
      500, 1000, 2000, 3000, 3000,
    ]);
  });

  it('spreads by its jitter to both sides', () => {
    expect(backoffMs(ADS_BACKOFF, 0, 0)).toBeCloseTo(400);
    expect(backoffMs(ADS_BACKOFF, 0, 0.5)).toBeCloseTo(500);
    expect(backoffMs(ADS_BACKOFF, 0, 1)).toBeCloseTo(600);
  });
});
