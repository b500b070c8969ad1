import { describe, expect, it } from 'vitest';
import { groupServices } from '#analysis/service-map/group-services.ts';
import type {
  Health,
  ServiceEdge,
  ServiceMap,
  ServiceNode,
} from '#analysis/service-map/service-map.ts';
import { unixNano } from '#telemetry/time.ts';

const node = (id: string, health: Health = 'ok', kind: ServiceNode['kind'] = 'service') =>
  ({
    id,
    name: id,
    kind,
    health,
    healthReason: '',
    instances: 1,
    requestsPerSecond: 10,
    errorRatio: health === 'critical' ? 0.5 : 0,
    incoming: [],
    clients: [],
  }) satisfies ServiceNode;

function edge(client: string, server: string, calls = 10, errors = 0): ServiceEdge {
  return {
    id: `${client}->${server}`,
    client,
    server,
    callsPerSecond: calls / 5,
    calls,
    errors,
    errorRatio: errors / calls,
    byMode: [{ mode: errors > 0 ? 'xds-none' : 'dns', calls, errors }],
    health: errors > 0 ? 'critical' : 'ok',
  };
}

function mapOf(nodes: readonly ServiceNode[], edges: readonly ServiceEdge[]): ServiceMap {
  return {
    window: { startUnixNano: unixNano(0n), endUnixNano: unixNano(5_000_000_000n) },
    nodes,
    edges,
    controlPlane: {} as ServiceMap['controlPlane'],
    dns: undefined,
    totals: [],
  };
}

describe('groupServices by name', () => {
  const map = mapOf(
    [
      node('shop-cart', 'critical'),
      node('shop.api'),
      node('pay/card'),
      node('pay_wallet'),
      node('login'),
      node('solo-one'),
      node('shop-db', 'ok', 'database'),
    ],
    [
      edge('login', 'shop-cart', 10, 5),
      edge('login', 'shop.api', 30),
      edge('shop-cart', 'shop.api'),
      edge('shop.api', 'pay/card'),
      edge('shop-cart', 'shop-db'),
    ],
  );
  const grouped = groupServices(map, 'name');

  it('puts services of one first name part together, and leaves alone what has no fellow', () => {
    expect(grouped.map.nodes.map(({ id }) => id).sort()).toEqual([
      'group:pay',
      'group:shop',
      'login',
      'shop-db',
      'solo-one',
    ]);
    expect(grouped.groupOf.get('shop.api')).toBe('group:shop');
  });

  it('is as unwell as its worst member, which stands first', () => {
    const shop = grouped.map.nodes.find(({ id }) => id === 'group:shop');
    expect(shop?.health).toBe('critical');
    expect(shop?.healthReason).toBe('1 of 2 unhealthy');
    expect(grouped.groups.get('group:shop')?.members.map(({ id }) => id)).toEqual([
      'shop-cart',
      'shop.api',
    ]);
  });

  it('bundles edges between groups without losing a call, and draws none inside of one', () => {
    const bundle = grouped.map.edges.find(({ id }) => id === 'login->group:shop');
    expect(bundle).toMatchObject({ calls: 40, errors: 5, health: 'critical' });
    expect(bundle?.byMode).toEqual([
      { mode: 'xds-none', calls: 10, errors: 5 },
      { mode: 'dns', calls: 30, errors: 0 },
    ]);
    expect(grouped.bundleOf.get('shop-cart->shop.api')).toBeUndefined();
    expect(grouped.bundleOf.get('login->shop.api')).toBe('login->group:shop');
  });

  it('groups the same whatever flows and in whatever order it comes', () => {
    const again = groupServices(
      mapOf(
        [...map.nodes].reverse().map((each) => ({ ...each, requestsPerSecond: 0 })),
        [...map.edges].reverse(),
      ),
      'name',
    );
    expect(again.map.edges.map(({ id }) => id)).toEqual(grouped.map.edges.map(({ id }) => id));
    expect(new Map([...again.groupOf].sort())).toEqual(new Map([...grouped.groupOf].sort()));
  });
});

describe('groupServices by cluster', () => {
  it('parts two knots of calls at the single call between them', () => {
    const ring = (ids: readonly string[]) =>
      ids.flatMap((a) => ids.filter((b) => b !== a).map((b) => edge(a, b)));
    const [left, right] = [
      ['ada', 'bob', 'cid'],
      ['xeo', 'yan', 'zoe'],
    ];
    const grouped = groupServices(
      mapOf(
        [...left, ...right].map((id) => node(id)),
        [...ring(left), ...ring(right), edge('ada', 'zoe')],
      ),
      'cluster',
    );
    expect(grouped.groups.size).toBe(2);
    expect(new Set(left.map((id) => grouped.groupOf.get(id))).size).toBe(1);
    expect(new Set(right.map((id) => grouped.groupOf.get(id))).size).toBe(1);
    expect(grouped.map.edges).toHaveLength(1);
  });
});
