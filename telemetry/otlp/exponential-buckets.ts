/** More bounds than this at the top of a histogram are merged pairwise, which is what lowering its scale does. */
const MAX_BUCKETS = 200;

/**
 * An exponential histogram's positive buckets with explicit bounds: bucket i ends at base^(offset + i + 1), base =
 * 2^(2^-scale); zeros count in the first (metrics.proto, ExponentialHistogramDataPoint).
 */
export function toExplicitBuckets(point: {
  readonly scale: number;
  readonly zeroCount: number;
  readonly offset: number;
  readonly counts: readonly number[];
}): { readonly bounds: readonly number[]; readonly counts: readonly number[] } {
  let { scale, offset } = point;
  let counts = [...point.counts];
  while (counts.length > MAX_BUCKETS) {
    counts = mergePairs(counts, offset);
    offset = Math.floor(offset / 2);
    scale--;
  }
  const bound = (index: number): number => 2 ** (index * 2 ** -scale);
  return {
    bounds: Array.from({ length: counts.length + 1 }, (_, i) => bound(offset + i)),
    counts: [point.zeroCount, ...counts, 0],
  };
}

/** Buckets 2k and 2k + 1 of one scale are bucket k of the next lower. */
function mergePairs(counts: readonly number[], offset: number): number[] {
  const first = Math.floor(offset / 2);
  const merged: number[] = [];
  for (const [i, count] of counts.entries()) {
    const at = Math.floor((offset + i) / 2) - first;
    merged[at] = (merged[at] ?? 0) + count;
  }
  return Array.from(merged, (count) => count ?? 0);
}
