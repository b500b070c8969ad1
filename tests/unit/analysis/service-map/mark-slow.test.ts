import { describe, expect, it } from 'vitest';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import { buildServiceMap } from '#analysis/service-map/build-service-map.ts';
import { slowdownsIn } from '#analysis/service-map/mark-slow.ts';
import { NS_PER_MS, startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edge } from '#tests/support/calls.ts';
import { controlPlane } from '#tests/support/xds-clients.ts';

const at = (second: number) => startOfSecond(unixSecond(second));

function slowdown(client: string, server: string, rest: Partial<Slowdown> = {}): Slowdown {
  return {
    client,
    server,
    startUnixNano: at(60),
    limitNs: 120 * NS_PER_MS,
    before: { p50Ns: 20 * NS_PER_MS, p99Ns: 45 * NS_PER_MS },
    during: { p50Ns: 740 * NS_PER_MS, p99Ns: 900 * NS_PER_MS },
    origin: 'image',
    ...rest,
  };
}

function mapOf(errors: number) {
  return buildServiceMap({
    window: { startUnixNano: at(95), endUnixNano: at(100) },
    edges: [
      edge('gateway -> song', 10, { ms: 760, errors }),
      edge('song -> image', 10, { ms: 740 }),
      edge('gateway -> login', 10),
    ],
    services: [],
    instances: [],
    controlPlane: controlPlane(99, []),
    dns: undefined,
    slowdowns: [slowdown('gateway', 'song'), slowdown('song', 'image')],
  });
}

describe('a map with slow edges', () => {
  it('shows them as degraded, with what they took before, and leaves the others alone', () => {
    const edges = mapOf(0).edges.map(({ id, health, slowdown: slow }) => [
      id,
      health,
      slow && slow.before.p50Ns / NS_PER_MS,
    ]);
    expect(edges).toEqual([
      ['gateway->login', 'ok', undefined],
      ['gateway->song', 'degraded', 20],
      ['song->image', 'degraded', 20],
    ]);
  });

  it('says of a service whether it is slow itself or waits', () => {
    const reasons = mapOf(0).nodes.map(({ id, healthReason }) => [id, healthReason]);
    expect(reasons).toContainEqual(['image', 'slow: p50 740 ms, 20 ms before']);
    expect(reasons).toContainEqual(['song', 'slow: waits for image']);
  });

  it('does not let slowness hide failures', () => {
    expect(mapOf(5).edges.find(({ id }) => id === 'gateway->song')?.health).toBe('critical');
    expect(mapOf(5).nodes.find(({ id }) => id === 'song')?.healthReason).toBe('50% of calls fail');
  });
});

describe('slowdowns of a window', () => {
  it('are those that lasted at some time within it', () => {
    const slowdowns = [
      slowdown('a', 'over', { endUnixNano: at(95) }),
      slowdown('a', 'ended', { endUnixNano: at(96) }),
      slowdown('a', 'lasts'),
      slowdown('a', 'later', { startUnixNano: at(100) }),
    ];
    const window = { startUnixNano: at(95), endUnixNano: at(100) };
    expect(slowdownsIn([{ slowdowns }], window).map(({ server }) => server)).toEqual([
      'ended',
      'lasts',
    ]);
  });
});
