import { describe, expect, it } from 'vitest';
import {
  addEncodedHistogram,
  addHistogram,
  bucketMidNs,
  bucketOf,
  decodeHistogram,
  emptyHistogram,
  encodeHistogram,
  LATENCY_BUCKETS,
  quantileNs,
} from '#telemetry/latency-histogram.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

function histogramOf(durationsNs: readonly number[]) {
  const histogram = emptyHistogram();
  for (const ns of durationsNs) histogram[bucketOf(ns)] = (histogram[bucketOf(ns)] ?? 0) + 1;
  return histogram;
}

describe('latency histogram', () => {
  it('gives a quantile within nine per cent of the true one', () => {
    const random = seededRandom(7);
    const durations = Array.from({ length: 5000 }, () => 10 ** (4 + 5 * random()));
    const sorted = [...durations].sort((a, b) => a - b);
    for (const q of [0.5, 0.9, 0.95, 0.99, 1]) {
      const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
      const estimate = quantileNs(histogramOf(durations), q) ?? 0;
      expect(Math.abs(estimate / exact - 1)).toBeLessThan(0.0906);
    }
  });

  it('puts what is out of range into the first and last bucket', () => {
    expect(bucketOf(0)).toBe(0);
    expect(bucketOf(1)).toBe(0);
    expect(bucketOf(1e18)).toBe(LATENCY_BUCKETS - 1);
  });

  it('puts the middle of each bucket into that bucket', () => {
    for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
      expect(bucketOf(bucketMidNs(bucket))).toBe(bucket);
    }
  });

  it('finds the bucket that the logarithm says', () => {
    const random = seededRandom(11);
    for (let n = 0; n < 20_000; n++) {
      const ns = Math.floor(2 ** (10 + 28 * random()));
      expect(bucketOf(ns)).toBe(Math.floor((Math.log2(ns) - 10) * 4));
    }
    for (let octave = 10; octave < 38; octave++)
      expect(bucketOf(2 ** octave)).toBe((octave - 10) * 4);
  });

  it('has no quantile when nothing was counted', () => {
    expect(quantileNs(emptyHistogram(), 0.5)).toBeUndefined();
  });

  it('adds up encoded or not', () => {
    const a = histogramOf([5e6, 5e6, 3e8]);
    const b = histogramOf([2e3, 5e6]);
    const sum = decodeHistogram(encodeHistogram(a));
    addEncodedHistogram(sum, encodeHistogram(b));
    const expected = emptyHistogram();
    addHistogram(expected, a);
    addHistogram(expected, b);
    expect(sum).toEqual(expected);
  });

  it('encodes large counts exactly', () => {
    const histogram = emptyHistogram();
    histogram[3] = 4_000_000_000;
    expect(decodeHistogram(encodeHistogram(histogram))).toEqual(histogram);
  });

  it('refuses bytes that end inside a number', () => {
    expect(() => decodeHistogram(Uint8Array.of(3, 200))).toThrow(RangeError);
  });
});
