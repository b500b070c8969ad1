/** A power of two. */
const SUM_SLOTS = 1024;

/** The key of what no batch looks up twice. Others are not negative. */
export const FAR = -1;

/** Some of the sums of a batch: each key has one place, which the newest holds. Cheaper than a Map, which is asked for each span. */
export class BatchSums<T> {
  readonly #keys = new Float64Array(SUM_SLOTS).fill(FAR);
  readonly #sums: (T | undefined)[] = new Array(SUM_SLOTS).fill(undefined);

  clear(): void {
    this.#keys.fill(FAR);
    this.#sums.fill(undefined);
  }

  get(key: number): T | undefined {
    const slot = slotOf(key);
    return this.#keys[slot] === key ? this.#sums[slot] : undefined;
  }

  set(key: number, sum: T): void {
    const slot = slotOf(key);
    this.#keys[slot] = key;
    this.#sums[slot] = sum;
  }
}

function slotOf(key: number): number {
  return (key ^ (key >>> 10)) & (SUM_SLOTS - 1);
}
