import { describe, expect, it } from 'vitest';
import { groupServices } from '#analysis/service-map/group-services.ts';
import type { ServiceNode } from '#analysis/service-map/service-map.ts';
import { mapFixture } from '#tests/support/live-fixture.ts';
import { rowsOf } from '#views/service-map/use-map-groups.ts';

/** A map whose services are called `shop-a`, `shop-b`, …, in the health given. */
function shopOf(health: readonly ServiceNode['health'][]) {
  const map = mapFixture('calm');
  const [pattern] = map.nodes.filter((node) => node.kind === 'service');
  if (pattern === undefined) throw new Error('the fixture has services');
  const nodes = health.map((one, i) => {
    const id = `shop-${'abcdef'[i]}`;
    return { ...pattern, id, name: id, health: one };
  });
  return groupServices({ ...map, nodes, edges: [] }, 'name').groups;
}

const rule = { shown: new Set(['shop-a', 'shop-c']), chosen: undefined, isFixed: true };
const names = (groups: ReturnType<typeof shopOf>, open = new Set<string>()) =>
  [...rowsOf(groups, open, rule).values()].map((rows) => rows.map(({ id }) => id));

describe('rows of a group while time is scrubbed', () => {
  it('stay the same, and in their order, whatever their health', () => {
    const calm = names(shopOf(['ok', 'ok', 'ok']));
    expect(names(shopOf(['ok', 'critical', 'critical']))).toEqual(calm);
    expect(calm).toEqual([['shop-a', 'shop-c']]);
  });

  it('are all members, by name, of a group that stands open', () => {
    const groups = shopOf(['ok', 'critical', 'ok']);
    expect(names(groups, new Set(groups.keys()))).toEqual([['shop-a', 'shop-b', 'shop-c']]);
  });
});
