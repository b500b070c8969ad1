import { expect, test } from 'vitest';
import { BytePool } from '#telemetry/byte-pool.ts';

const MIB = 1024 * 1024;

// Compared by hand: toBe would also compare every byte of two buffers that are not the same.

test('hands out again what was given back, to whom it is long enough', () => {
  const pool = new BytePool(MIB);
  const first = pool.take(200_000);
  expect(first.length).toBeGreaterThanOrEqual(200_000);
  pool.give(first);
  expect(pool.take(220_000) === first).toBe(true);
  expect(pool.take(220_000) === first).toBe(false);
  expect(pool.take(600_000).length).toBeGreaterThanOrEqual(600_000);
});

test('keeps no more than its limit', () => {
  const pool = new BytePool(MIB);
  const taken = Array.from({ length: 8 }, () => pool.take(256 * 1024));
  for (const buffer of taken) pool.give(buffer);
  const again = Array.from({ length: 8 }, () => pool.take(256 * 1024));
  expect(again.filter((buffer) => taken.includes(buffer))).toHaveLength(4);
});

test('keeps nothing huge', () => {
  const pool = new BytePool(64 * MIB);
  const huge = pool.take(20 * MIB);
  expect(huge.length).toBe(20 * MIB);
  pool.give(huge);
  expect(pool.take(20 * MIB) === huge).toBe(false);
});
