import { describe, expect, it } from 'vitest';
import { matchKeys } from '#views/shell/match-keys.ts';

const bindings = ['l', 'g m', 'g l', 'l'].map((keys, i) => ({
  keys,
  label: `${i}`,
  run: () => undefined,
}));

describe('matchKeys', () => {
  it('takes a sequence before a single key', () => {
    const hit = matchKeys(bindings, { key: 'g', atMs: 0 }, { key: 'l', atMs: 300 });
    expect(hit?.label).toBe('2');
  });

  it('forgets the first key of a sequence after a while', () => {
    expect(matchKeys(bindings, { key: 'g', atMs: 0 }, { key: 'm', atMs: 5000 })).toBeUndefined();
  });

  it('prefers what was bound last', () => {
    expect(matchKeys(bindings, undefined, { key: 'l', atMs: 0 })?.label).toBe('3');
  });
});
