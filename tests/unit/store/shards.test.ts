import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { shardOf } from '#store/shards.ts';

const IDS = Array.from({ length: 20_000 }, () => randomBytes(16));

test('shardOf › spreads traces evenly', () => {
  for (const shards of [2, 3, 8]) {
    const counts = new Array<number>(shards).fill(0);
    for (const id of IDS)
      counts[shardOf(id, 0, shards)] = (counts[shardOf(id, 0, shards)] ?? 0) + 1;
    for (const count of counts) {
      // Ten standard deviations of a binomial distribution.
      expect(Math.abs(count - IDS.length / shards)).toBeLessThan(
        10 * Math.sqrt(IDS.length / shards),
      );
    }
  }
});

test('shardOf › moves traces to a new shard alone', () => {
  const moves = IDS.map((id) => [shardOf(id, 0, 3), shardOf(id, 0, 4)]);
  expect(moves.filter(([before, after]) => after !== before && after !== 3)).toEqual([]);
  expect(moves.filter(([, after]) => after === 3).length).toBeGreaterThan(IDS.length / 5);
});

test('shardOf › is the same for ever: what is stored is looked for there', () => {
  const ids = ['00112233445566778899aabbccddeeff', 'f'.repeat(32), `${'0'.repeat(31)}1`];
  expect(ids.map((id) => shardOf(Buffer.from(id, 'hex'), 0, 5))).toEqual([4, 0, 1]);
});
