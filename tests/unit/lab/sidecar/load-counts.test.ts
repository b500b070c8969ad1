import { expect, it } from 'vitest';
import { LoadCounts } from '#lab/sidecar/load-counts.ts';

it('tells what was sent since it last told, and what is under way', () => {
  const counts = new LoadCounts();
  let firsts = 0;
  counts.onFirst = () => {
    firsts += 1;
  };
  expect(counts.take()).toEqual([]);
  const end = counts.began('song');
  counts.began('song')(false);
  counts.dropped('artist');
  const nothing = { issued: 0, succeeded: 0, failed: 0, inProgress: 0, dropped: 0 };
  expect(counts.take()).toEqual([
    { ...nothing, cluster: 'song', issued: 2, failed: 1, inProgress: 1 },
    { ...nothing, cluster: 'artist', dropped: 1 },
  ]);
  end(true);
  expect(counts.take()).toEqual([
    { ...nothing, cluster: 'song', succeeded: 1 },
    { ...nothing, cluster: 'artist' },
  ]);
  expect(firsts).toBe(1);
});
