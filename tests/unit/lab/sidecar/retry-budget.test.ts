import { describe, expect, it } from 'vitest';
import { RetryBudget } from '#lab/sidecar/retry-budget.ts';

describe('RetryBudget', () => {
  it('grants three at any time, and a fifth of what is under way', () => {
    const budget = new RetryBudget();
    expect([1, 2, 3, 4].map(() => budget.takeRetry())).toEqual([true, true, true, false]);
    for (let n = 0; n < 25; n++) budget.requestBegan();
    expect([1, 2, 3].map(() => budget.takeRetry())).toEqual([true, true, false]);
  });

  it('gets back what ended', () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 3; n++) budget.takeRetry();
    budget.retryEnded();
    expect(budget.takeRetry()).toBe(true);
  });
});
