import { describe, expect, it } from 'vitest';
import { byWeight, pickEndpoint } from '#lab/sidecar/pick-endpoint.ts';

const a = { address: '127.0.13.1', port: 15_006, weight: 1 };
const b = { address: '127.0.13.2', port: 15_006, weight: 3 };
const never = () => false;

describe('pickEndpoint', () => {
  it('gives each endpoint its share by weight', () => {
    const rolls = [0, 0.24, 0.25, 0.99];
    const picked = rolls.map((roll) => pickEndpoint([a, b], roll, never, new Set()));
    expect(picked).toEqual([a, a, b, b]);
  });

  it('leaves out what was tried for this request', () => {
    expect(pickEndpoint([a, b], 0, never, new Set([a]))).toBe(b);
    expect(pickEndpoint([a, b], 0, never, new Set([a, b]))).toBeUndefined();
  });

  it('counts no ejection when less than half would be left, or what the cluster says', () => {
    const c = { address: '127.0.13.3', port: 15_006, weight: 1 };
    const isEjected = (e: typeof a) => e !== b;
    expect(pickEndpoint([a, b, c], 0, isEjected, new Set())).toBe(a);
    expect(pickEndpoint([a, b, c], 0, isEjected, new Set(), 0.3)).toBe(b);
    expect(pickEndpoint([a, b, c], 0, () => true, new Set(), 0.3)).toBe(a);
  });

  it('finds none when all are ejected and the cluster wants no panic', () => {
    expect(pickEndpoint([a, b], 0, () => true, new Set(), 0)).toBeUndefined();
    expect(pickEndpoint([a, b], 0, (e) => e === a, new Set(), 0)).toBe(b);
  });

  it('leaves out what is ejected, unless all are', () => {
    expect(pickEndpoint([a, b], 0, (e) => e === a, new Set())).toBe(b);
    expect(pickEndpoint([a, b], 0, () => true, new Set())).toBe(a);
  });
});

describe('byWeight', () => {
  it('finds nothing where nothing has weight', () => {
    expect(byWeight([{ weight: 0 }], 0)).toBeUndefined();
    expect(byWeight([], 0)).toBeUndefined();
  });
});
