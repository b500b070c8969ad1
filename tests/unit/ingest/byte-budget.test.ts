import { describe, expect, it } from 'vitest';
import { ByteBudget } from '#ingest/byte-budget.ts';
import { OverloadedError } from '#ingest/export-refusal.ts';

describe('ByteBudget', () => {
  it('lets no share grow past what all of them may hold', () => {
    const budget = new ByteBudget(100);
    const first = budget.open();
    const second = budget.open();
    first.add(60);
    expect(() => second.add(41)).toThrow(OverloadedError);
    second.add(40);
    expect(budget.inFlightBytes).toBe(100);
    expect(budget.hasRoomFor(1)).toBe(false);
  });

  it('gets back what a share held, once', () => {
    const budget = new ByteBudget(100);
    const share = budget.open();
    share.add(80);
    share.free(30);
    expect(budget.inFlightBytes).toBe(50);
    share.free(70);
    expect(budget.inFlightBytes).toBe(0);
    share.release();
    share.release();
    expect(budget.inFlightBytes).toBe(0);
    expect(budget.peakBytes).toBe(80);
  });
});
