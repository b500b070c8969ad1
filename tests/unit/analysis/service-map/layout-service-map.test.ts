import { describe, expect, it } from 'vitest';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const links = (text: string) =>
  text.split(',').map((pair) => {
    const [client = '', server = ''] = pair.trim().split(' > ');
    return { client, server };
  });
const nodesOf = (list: ReturnType<typeof links>) => list.flatMap((l) => [l.client, l.server]);

const MESH = links(
  '@users > gateway, gateway > login, gateway > playlist, gateway > song, gateway > artist, playlist > song, song > artist, artist > image',
);

/** Columns as words, top to bottom. */
function draw(list: ReturnType<typeof links>): readonly string[] {
  const layout = layoutServiceMap(nodesOf(list), list);
  return Array.from({ length: layout.columns }, (_, column) =>
    [...layout.places]
      .filter(([, place]) => place.column === column)
      .sort(([, a], [, b]) => a.row - b.row)
      .map(([id]) => id)
      .join(' '),
  );
}

describe('layoutServiceMap', () => {
  it('runs from the users to the last callee', () => {
    expect(draw(MESH)).toEqual(['@users', 'gateway', 'login playlist', 'song', 'artist', 'image']);
  });

  it('gives the same set the same places, whatever the order it comes in', () => {
    const expected = layoutServiceMap(nodesOf(MESH), MESH);
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const mixed = [...MESH].sort(() => random() - 0.5);
      expect(layoutServiceMap(nodesOf(mixed), mixed)).toEqual(expected);
    }
  });

  it('bears cycles and calls to oneself', () => {
    expect(draw(links('@users > a, a > b, b > c, c > a, b > b'))).toEqual([
      '@users',
      'a',
      'b',
      'c',
    ]);
  });

  it('uncrosses lines', () => {
    const list = links('@users > g, g > a, g > b, a > z, b > y');
    const layout = layoutServiceMap(nodesOf(list), list);
    const row = (id: string) => layout.places.get(id)!.row;
    expect(row('a') < row('b')).toBe(row('z') < row('y'));
  });

  it('puts nodes without links at the right end', () => {
    const layout = layoutServiceMap(['lone', ...nodesOf(MESH)], MESH);
    expect(layout.places.get('lone')?.column).toBe(layout.columns - 1);
  });

  it('stays inside the unit square and puts no two nodes on one place', () => {
    const random = seededRandom(7);
    const list = Array.from({ length: 300 }, () => ({
      client: `s${Math.floor(random() * 80)}`,
      server: `s${Math.floor(random() * 80)}`,
    }));
    const { places } = layoutServiceMap(nodesOf(list), list);
    const spots = new Set([...places.values()].map(({ x, y }) => `${x} ${y}`));
    expect(spots.size).toBe(places.size);
    for (const { x, y } of places.values()) expect(x > 0 && x < 1 && y > 0 && y < 1).toBe(true);
  });

  it('has nothing to place on an empty map', () => {
    expect(layoutServiceMap([], [])).toEqual({ columns: 0, rows: 0, places: new Map() });
  });
});
