/** Retries may be a fifth of the requests under way, and three at any time (Envoy's RetryBudget defaults). */
const BUDGET_RATIO = 0.2;
const MIN_RETRIES = 3;

/** Keeps retries from multiplying an overload: a retry is taken from the budget and given back when it ends. */
export class RetryBudget {
  #active = 0;
  #retries = 0;

  requestBegan(): void {
    this.#active += 1;
  }

  requestEnded(): void {
    this.#active -= 1;
  }

  /** False when the budget is spent. */
  takeRetry(): boolean {
    if (this.#retries >= Math.max(MIN_RETRIES, this.#active * BUDGET_RATIO)) return false;
    this.#retries += 1;
    return true;
  }

  retryEnded(): void {
    this.#retries -= 1;
  }
}
