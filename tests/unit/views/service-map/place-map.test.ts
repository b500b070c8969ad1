import { describe, expect, it } from 'vitest';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { mapFixture } from '#tests/support/live-fixture.ts';
import { linksOf, placeMap } from '#views/service-map/place-map.ts';

const VIEW = { width: 1028, height: 634 };
const BANDS = { control: true, names: true };

function place(moment: 'calm' | 'midst', view = VIEW) {
  const map = mapFixture(moment);
  const layout = layoutServiceMap(
    map.nodes.map((node) => node.id),
    map.edges,
  );
  return { map, places: placeMap(layout, linksOf(map), view, BANDS) };
}

describe('placeMap', () => {
  it('moves nothing while the set of nodes and edges stays the same', () => {
    expect(place('midst').places).toEqual(place('calm').places);
  });

  it('leads no edge through a node that it does not touch', () => {
    const { map, places } = place('calm');
    for (const edge of map.edges) {
      const others = [...places.nodes].filter(([id]) => id !== edge.client && id !== edge.server);
      const crossed = others.filter(([, box]) =>
        places.routes
          .get(edge.id)
          ?.points.some(
            ({ x, y }) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height,
          ),
      );
      expect(crossed.map(([id]) => id)).toEqual([]);
    }
  });

  it('lets no node overlap another or stand in a band', () => {
    const { places } = place('calm', { width: 560, height: 420 });
    const boxes = [...places.nodes.values()];
    for (const box of boxes) {
      expect(box.y).toBeGreaterThanOrEqual(places.controlBand);
      expect(box.y + box.height).toBeLessThanOrEqual(places.world.height - places.namesBand);
      const overlapping = boxes.filter(
        (other) =>
          other !== box &&
          other.x < box.x + box.width &&
          box.x < other.x + other.width &&
          other.y < box.y + box.height &&
          box.y < other.y + other.height,
      );
      expect(overlapping).toEqual([]);
    }
  });

  it('fills a view that is larger than it needs', () => {
    const { places } = place('calm', { width: 1600, height: 900 });
    expect(places.world).toEqual({ width: 1600, height: 900 });
  });

  it('draws an edge against the stream below its nodes', () => {
    const layout = layoutServiceMap(['a', 'b'], [{ client: 'a', server: 'b' }]);
    const links = [
      { id: 'a->b', client: 'a', server: 'b' },
      { id: 'b->a', client: 'b', server: 'a' },
      { id: 'a->a', client: 'a', server: 'a' },
    ];
    const { routes, nodes } = placeMap(layout, links, VIEW, { control: false, names: false });
    const a = nodes.get('a');
    expect(routes.size).toBe(3);
    expect(routes.get('b->a')?.points.some(({ y }) => y > (a?.y ?? 0) + (a?.height ?? 0))).toBe(
      true,
    );
  });
});
