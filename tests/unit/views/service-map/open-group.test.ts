import { describe, expect, it } from 'vitest';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { placeMap } from '#views/service-map/place-map.ts';

const link = (client: string, server: string) => ({ id: `${client}->${server}`, client, server });
const LINKS = [link('web', 'a'), link('web', 'b'), link('web', 'c'), link('b', 'store')];
const IDS = ['web', 'a', 'b', 'c', 'store'];

function place(heights: ReadonlyMap<string, number>) {
  return placeMap(
    layoutServiceMap(IDS, LINKS),
    LINKS,
    { width: 1000, height: 600 },
    { control: false, names: true },
    heights,
  );
}

describe('a group that opens', () => {
  const closed = place(new Map());
  const open = place(new Map([['b', 300]]));

  it('moves only what is below it in its column', () => {
    for (const id of IDS) {
      const before = closed.nodes.get(id)!;
      const after = open.nodes.get(id)!;
      const isBelow = before.x === closed.nodes.get('b')!.x && before.y > closed.nodes.get('b')!.y;
      expect(after.x).toBe(before.x);
      if (isBelow) expect(after.y).toBeGreaterThanOrEqual(before.y);
      else expect(after.y).toBe(before.y);
    }
  });

  it('covers nothing, and the names stay below it', () => {
    const boxes = [...open.nodes.values()];
    for (const a of boxes) {
      for (const b of boxes) {
        if (a === b || a.x !== b.x) continue;
        expect(a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
      }
    }
    const lowest = Math.max(...boxes.map((box) => box.y + box.height));
    expect(open.namesCard.y).toBeGreaterThan(lowest);
  });
});
