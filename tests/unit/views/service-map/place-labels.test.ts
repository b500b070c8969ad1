import { describe, expect, it } from 'vitest';
import { placeLabels } from '#views/service-map/place-labels.ts';
import { traceCurve } from '#views/service-map/polyline.ts';

const level = traceCurve([
  { x: 0, y: 100 },
  { x: 400, y: 100 },
]);

describe('placeLabels', () => {
  it('stands beside its edge and not on it', () => {
    const at = placeLabels([{ id: 'a', width: 40, height: 24 }], new Map([['a', level]]), []);
    expect(Math.abs((at.get('a')?.y ?? 100) - 100)).toBeGreaterThan(12);
  });

  it('gives way to nodes and to labels placed before', () => {
    const other = traceCurve([
      { x: 0, y: 130 },
      { x: 400, y: 170 },
    ]);
    const at = placeLabels(
      [
        { id: 'a', width: 60, height: 24 },
        { id: 'b', width: 60, height: 24 },
      ],
      new Map([
        ['a', level],
        ['b', other],
      ]),
      [{ x: 160, y: 60, width: 80, height: 36 }],
    );
    const a = at.get('a') ?? { x: 0, y: 0 };
    const b = at.get('b') ?? { x: 0, y: 0 };
    const apart = Math.abs(a.x - b.x) >= 60 || Math.abs(a.y - b.y) >= 24;
    expect(apart).toBe(true);
    const overNode = a.x + 30 > 160 && a.x - 30 < 240 && a.y + 12 > 60 && a.y - 12 < 96;
    expect(overNode).toBe(false);
  });

  it('leaves out what may be left out and would lie over a node', () => {
    const nodes = [{ x: -50, y: 0, width: 500, height: 200 }];
    const routes = new Map([['a', level]]);
    const label = { id: 'a', width: 60, height: 24 };
    expect(placeLabels([label], routes, nodes).size).toBe(1);
    expect(placeLabels([{ ...label, isOptional: true }], routes, nodes).size).toBe(0);
    expect(placeLabels([{ ...label, isOptional: true }], routes, []).size).toBe(1);
  });
});
