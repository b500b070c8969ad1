import { describe, expect, it } from 'vitest';
import { isUnder, passesAtMs, shapeOf } from '#lab/relay/link-fault.ts';

describe('passesAtMs', () => {
  it('adds the latency once: what follows at once arrives at once', () => {
    const shape = shapeOf([{ kind: 'latency', ms: 100 }]);
    const first = passesAtMs(shape, 0, 0, 1000);
    expect([first, passesAtMs(shape, 1, first, 1000)]).toEqual([100, 101]);
  });

  it('queues at the rate of the link', () => {
    const shape = shapeOf([{ kind: 'bandwidth', bytesPerSecond: 1000 }]);
    const first = passesAtMs(shape, 0, 0, 500);
    expect([first, passesAtMs(shape, 0, first, 500)]).toEqual([500, 1000]);
  });

  it('never lets a chunk overtake another when the latency is lifted', () => {
    expect(passesAtMs(shapeOf([]), 10, 100, 5)).toBe(100);
  });
});

describe('isUnder', () => {
  it('holds for all connections, or for those that are named', () => {
    const named = [{ kind: 'blackhole' as const, onlyPorts: [7] }];
    expect(isUnder([{ kind: 'blackhole', onlyPorts: [] }], 'blackhole', 8)).toBe(true);
    expect([isUnder(named, 'blackhole', 7), isUnder(named, 'blackhole', 8)]).toEqual([true, false]);
    expect(isUnder(named, 'blackhole', undefined)).toBe(false);
  });
});
