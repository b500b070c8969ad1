import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Body, GroupCommit } from '#store/group-commit.ts';

let nextHash = 0;
const body = (weight: number): Body => ({ hash: Uint8Array.of(nextHash++), weight });

/** A lane that never finishes by itself, and what it was given. */
function lane() {
  const groups: number[] = [];
  const finish: (() => void)[] = [];
  const commit = (bodies: readonly Body[]): Promise<void> => {
    groups.push(bodies.length);
    return new Promise((resolve) => finish.push(resolve));
  };
  return { groups, finish, commit };
}

describe('GroupCommit', () => {
  beforeEach(() =>
    vi.useFakeTimers({ now: 1000, toFake: ['setTimeout', 'clearTimeout', 'performance'] }),
  );
  afterEach(() => vi.useRealTimers());

  const open = (...lanes: readonly ReturnType<typeof lane>[]) =>
    new GroupCommit<Body>({
      lanes: lanes.map(({ commit }) => commit),
      delayMs: 40,
      quietMs: 4,
      enoughWeight: 5000,
      maxWeight: 20_000,
    });

  it('lets a body go when nobody joined it for a moment', async () => {
    const only = lane();
    const commits = open(only);
    await vi.advanceTimersByTimeAsync(100);
    void commits.write(body(10));
    await vi.advanceTimersByTimeAsync(3);
    expect(only.groups).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(only.groups).toEqual([1]);
  });

  it('takes those that come close together as one, and waits no longer than the delay', async () => {
    const only = lane();
    const commits = open(only);
    await vi.advanceTimersByTimeAsync(100);
    for (let ms = 0; ms < 60; ms += 3) {
      void commits.write(body(10));
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(only.groups).toEqual([14]);
  });

  it('does not wait when there is enough', () => {
    const only = lane();
    const commits = open(only);
    for (let n = 0; n < 10; n++) void commits.write(body(500));
    expect(only.groups).toEqual([10]);
  });

  it('sends what waited for a lane as soon as one is free', async () => {
    const only = lane();
    const commits = open(only);
    for (let n = 0; n < 10; n++) void commits.write(body(500));
    for (let n = 0; n < 3; n++) void commits.write(body(500));
    await vi.advanceTimersByTimeAsync(50);
    expect(only.groups).toEqual([10]);
    only.finish[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(only.groups).toEqual([10, 3]);
  });

  it('keeps light groups apart, so that a trickle is not a transaction each', async () => {
    const lanes = [lane(), lane(), lane(), lane()];
    const commits = open(...lanes);
    await vi.advanceTimersByTimeAsync(100);
    for (let ms = 0; ms < 40; ms += 5) {
      void commits.write(body(10));
      await vi.advanceTimersByTimeAsync(5);
    }
    const groups = lanes.flatMap(({ groups: of }) => of);
    expect(groups.length).toBeLessThanOrEqual(3);
  });
});
