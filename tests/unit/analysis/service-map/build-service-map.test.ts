import { describe, expect, it } from 'vitest';
import { buildServiceMap } from '#analysis/service-map/build-service-map.ts';
import { judgeCalls } from '#analysis/service-map/judge-calls.ts';
import type { CallEdge, ServiceCalls } from '#telemetry/call-edge.ts';
import { emptyHistogram } from '#telemetry/latency-histogram.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edge } from '#tests/support/calls.ts';
import { controlPlane, xdsClient } from '#tests/support/xds-clients.ts';

const window = {
  startUnixNano: startOfSecond(unixSecond(100)),
  endUnixNano: startOfSecond(unixSecond(105)),
};
const USERS_EDGE = edge('@users -> gateway', 100);

function mapOf(
  edges: readonly CallEdge[],
  rest: Partial<Parameters<typeof buildServiceMap>[0]> = {},
) {
  const view = controlPlane(104, [xdsClient('gateway-1')]);
  return buildServiceMap({
    window,
    edges,
    services: [],
    instances: [],
    controlPlane: view,
    dns: undefined,
    ...rest,
  });
}

const nodeOf = (map: ReturnType<typeof mapOf>, id: string) =>
  map.nodes.find((node) => node.id === id);
const edgeOf = (map: ReturnType<typeof mapOf>, id: string) => map.edges.find((e) => e.id === id);

describe('judgeCalls', () => {
  it('knows nothing where nothing was called', () => expect(judgeCalls(0, 0)).toBe('unknown'));
  it('is red from a tenth on', () => expect(judgeCalls(20, 2)).toBe('critical'));
  it('is not red for one failed call', () => expect(judgeCalls(1, 1)).toBe('degraded'));
  it('forgives one call in a thousand', () => expect(judgeCalls(1000, 1)).toBe('ok'));
});

describe('buildServiceMap', () => {
  it('turns counts into rates, shares and quantiles', () => {
    const map = mapOf([USERS_EDGE, edge('gateway -> song', 50, { errors: 1, ms: 12 })]);
    expect(edgeOf(map, 'gateway->song')).toMatchObject({
      callsPerSecond: 10,
      errorRatio: 0.02,
      health: 'degraded',
    });
    expect(edgeOf(map, 'gateway->song')!.p95Ns! / 1e6).toBeCloseTo(12, -0.5);
    expect(nodeOf(map, 'song')).toMatchObject({ kind: 'service', requestsPerSecond: 10 });
    expect(nodeOf(map, '@users')).toMatchObject({
      kind: 'users',
      name: 'users',
      health: 'unknown',
    });
  });

  it('joins the modes of an edge, which sum to its calls', () => {
    const map = mapOf([edge('song -> artist', 6, { mode: 'dns' }), edge('song -> artist', 4)]);
    expect(edgeOf(map, 'song->artist')?.byMode).toEqual([
      { mode: 'xds-live', calls: 4, errors: 0 },
      { mode: 'dns', calls: 6, errors: 0 },
    ]);
  });

  it('shows a callee that nobody reaches as critical, though it answered nothing', () => {
    const map = mapOf([edge('gateway -> login', 8, { mode: 'xds-none', errors: 8 })]);
    expect(nodeOf(map, 'login')).toMatchObject({
      health: 'critical',
      healthReason: 'not reached: callers find no address',
    });
  });

  it('keeps a known edge in its place while nothing passes, without calling it healthy', () => {
    const known = [edge('gateway -> login', 1)];
    const map = mapOf([USERS_EDGE], { known });
    expect(edgeOf(map, 'gateway->login')).toMatchObject({ calls: 0, health: 'unknown' });
    expect(nodeOf(map, 'login')?.health).toBe('unknown');
  });

  it('says which mode was usual only where it differs now', () => {
    const usual = new Map([
      ['gateway->song', 'xds-live'],
      ['gateway->login', 'xds-live'],
    ] as const);
    const map = mapOf([edge('gateway -> song', 5, { mode: 'dns' }), edge('gateway -> login', 5)], {
      usual,
    });
    expect(edgeOf(map, 'gateway->song')?.usualMode).toBe('xds-live');
    expect(edgeOf(map, 'gateway->login')?.usualMode).toBeUndefined();
  });

  it('hides Detour’s own processes unless asked for', () => {
    const edges = [edge('@users -> detour-ingester', 5), USERS_EDGE];
    expect(mapOf(edges).nodes.map((node) => node.id)).toEqual(['@users', 'gateway']);
    expect(mapOf(edges, { withOwnServices: true }).nodes).toHaveLength(3);
  });

  it('believes a service about itself when no caller is seen', () => {
    const services: ServiceCalls[] = [
      { service: 'cron', requests: 10, errors: 5, latency: emptyHistogram() },
    ];
    expect(nodeOf(mapOf([], { services }), 'cron')).toMatchObject({
      health: 'critical',
      requestsPerSecond: 2,
    });
  });

  it('takes an address that answers for a service, and keeps a database a database', () => {
    const edges = [
      edge('song -> orders', 5, { serverKind: 'database' }),
      edge('song -> 10.0.0.1:80', 5, { serverKind: 'address' }),
    ];
    const map = mapOf(edges);
    expect(map.nodes.map((node) => node.kind)).toEqual(['address', 'database', 'service']);
  });

  it('counts what services call, without users, in its totals', () => {
    const map = mapOf([
      USERS_EDGE,
      edge('gateway -> song', 5),
      edge('song -> artist', 3, { mode: 'dns' }),
    ]);
    expect(map.totals).toEqual([
      { mode: 'xds-live', calls: 5, errors: 0 },
      { mode: 'dns', calls: 3, errors: 0 },
    ]);
  });

  it('puts xDS clients on their services', () => {
    const map = mapOf([USERS_EDGE]);
    expect(nodeOf(map, 'gateway')?.clients).toMatchObject([
      { id: 'gateway-1', verdict: 'in-sync', version: 'v41' },
    ]);
  });
});
