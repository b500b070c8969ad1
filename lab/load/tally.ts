import type { Action } from './mix.ts';

/** How a request ended, as its user sees it. */
export type Outcome = 'ok' | 'failed' | 'logged-out' | 'not-sent';

export interface OutcomeCounts {
  readonly ok: number;
  readonly failed: number;
  readonly loggedOut: number;
  /** Too many requests were under way already. */
  readonly notSent: number;
}

const NONE: OutcomeCounts = { ok: 0, failed: 0, loggedOut: 0, notSent: 0 };
const FIELD: Readonly<Record<Outcome, keyof OutcomeCounts>> = {
  ok: 'ok',
  failed: 'failed',
  'logged-out': 'loggedOut',
  'not-sent': 'notSent',
};
const KEPT_SECONDS = 3600;

/** Counts outcomes over all, by action, and by the second in which they ended. */
export class Tally {
  #total = NONE;
  readonly #byAction = new Map<Action, OutcomeCounts>();
  readonly #bySecond = new Map<number, OutcomeCounts>();

  add(action: Action, outcome: Outcome, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#total = plusOne(this.#total, outcome);
    this.#byAction.set(action, plusOne(this.#byAction.get(action) ?? NONE, outcome));
    this.#bySecond.set(second, plusOne(this.#bySecond.get(second) ?? NONE, outcome));
    const oldest = this.#bySecond.keys().next().value;
    if (oldest !== undefined && this.#bySecond.size > KEPT_SECONDS) this.#bySecond.delete(oldest);
  }

  total(): OutcomeCounts {
    return this.#total;
  }

  byAction(): Readonly<Record<string, OutcomeCounts>> {
    return Object.fromEntries(this.#byAction);
  }

  /** Ascending; seconds in which nothing ended are left out. */
  seconds(fromSecond: number): ReadonlyArray<OutcomeCounts & { readonly second: number }> {
    return [...this.#bySecond]
      .filter(([second]) => second >= fromSecond)
      .map(([second, counts]) => ({ second, ...counts }));
  }
}

function plusOne(counts: OutcomeCounts, outcome: Outcome): OutcomeCounts {
  const field = FIELD[outcome];
  return { ...counts, [field]: counts[field] + 1 };
}
