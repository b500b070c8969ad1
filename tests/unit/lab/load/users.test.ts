import { describe, expect, it } from 'vitest';
import { type Action, drawAction } from '#lab/load/mix.ts';
import { Tally } from '#lab/load/tally.ts';
import { Users } from '#lab/load/users.ts';
import { seededRoll } from '#processes/seeded-roll.ts';

describe('drawAction', () => {
  it('keeps to the mix, and repeats itself for the same seed', () => {
    const draw = (seed: number) => {
      const roll = seededRoll(seed);
      return Array.from({ length: 10_000 }, () => drawAction(roll()));
    };
    const actions = draw(1);
    const share = (wanted: Action) => actions.filter((a) => a === wanted).length / actions.length;
    expect(share('song')).toBeCloseTo(0.45, 1);
    expect(share('login')).toBeCloseTo(0.15, 1);
    expect(draw(1)).toEqual(actions);
    expect(draw(2)).not.toEqual(actions);
  });
});

describe('Users', () => {
  it('log in by turns', () => {
    const users = new Users(3);
    const names = [1, 2, 3, 4].map((ms) => users.takeForLogin(ms).name);
    expect(names).toEqual(['user-1', 'user-2', 'user-3', 'user-1']);
  });

  it('are not logged out by the answer to an older session', () => {
    const users = new Users(1);
    users.loggedIn('user-1', 'new');
    users.loggedOut('user-1', 'old');
    expect(users.counts()).toEqual({ total: 1, loggedIn: 1 });
    users.loggedOut('user-1', 'new');
    expect(users.counts()).toEqual({ total: 1, loggedIn: 0 });
  });
});

describe('Tally', () => {
  it('counts by the second in which a request ended', () => {
    const tally = new Tally();
    tally.add('song', 'ok', 1500);
    tally.add('song', 'failed', 1999);
    tally.add('login', 'logged-out', 2000);
    expect(tally.seconds(0)).toEqual([
      { second: 1, ok: 1, failed: 1, loggedOut: 0, notSent: 0 },
      { second: 2, ok: 0, failed: 0, loggedOut: 1, notSent: 0 },
    ]);
    expect(tally.total()).toEqual({ ok: 1, failed: 1, loggedOut: 1, notSent: 0 });
  });
});
