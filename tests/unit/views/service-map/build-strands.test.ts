import { describe, expect, it } from 'vitest';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { type FixtureMoment, mapFixture } from '#tests/support/live-fixture.ts';
import { buildStrands } from '#views/service-map/build-strands.ts';
import { linksOf, placeMap } from '#views/service-map/place-map.ts';

function strandsOf(moment: FixtureMoment, edgeId: string) {
  const map = mapFixture(moment);
  const layout = layoutServiceMap(
    map.nodes.map((node) => node.id),
    map.edges,
  );
  const { routes } = placeMap(
    layout,
    linksOf(map),
    { width: 1200, height: 700 },
    { control: true, names: true },
  );
  return buildStrands(map, routes).filter((strand) => strand.edgeId === edgeId);
}

describe('buildStrands', () => {
  it('breaks the line of calls that found no address near their caller', () => {
    const [strand] = strandsOf('midst', 'gateway->login');
    expect(strand?.form).toBe('broken');
    const { head, rest } = strand?.broken ?? {};
    expect(head?.length).toBeLessThan(rest?.length ?? 0);
    expect(head?.points[0]).toMatchObject(strand?.line.points[0] ?? {});
  });

  it('draws two strands side by side for an edge of two modes', () => {
    const strands = strandsOf('midst', 'song->artist');
    expect(strands.map((strand) => strand.form)).toEqual(['broken', 'dashed']);
    expect(strands[0]?.line.points[0]).not.toEqual(strands[1]?.line.points[0]);
  });

  it('is quiet where all is as usual and loud where routing changed', () => {
    expect(strandsOf('calm', 'gateway->image')[0]?.isLoud).toBe(false);
    expect(strandsOf('midst', 'gateway->playlist')[0]?.isLoud).toBe(true);
    expect(strandsOf('lost', 'gateway->playlist')[0]).toMatchObject({
      form: 'double',
      isLoud: true,
    });
  });

  it('keeps a silent edge in its place, without calls', () => {
    expect(strandsOf('midst', 'login->accounts-db')).toMatchObject([
      { form: 'idle', perSecond: 0 },
    ]);
  });
});
