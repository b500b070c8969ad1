import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { type FixtureMoment, mapFixture } from '#tests/support/live-fixture.ts';
import { buildPictured } from '#views/map-picture/build-pictured.ts';
import { MapPicture } from '#views/map-picture/map-picture.tsx';
import { cutWith } from '#views/map-picture/picture-text.tsx';

const cut = cutWith((text, sizePx) => text.length * sizePx * 0.55);

function draw(moment: FixtureMoment, kept?: ReadonlySet<string>): string {
  const map = mapFixture(moment);
  const layout = layoutServiceMap(
    map.nodes.map((node) => node.id),
    map.edges,
  );
  const source = { title: 'Map & more', when: '14 Nov 2023 22:13:20 UTC', note: 'only failing' };
  const pictured = buildPictured({ ...source, map, layout, kept });
  return renderToStaticMarkup(createElement(MapPicture, { pictured, cut }));
}

describe('MapPicture', () => {
  it('says what it shows, of when, and what is left out', () => {
    const svg = draw('midst');
    expect(svg).toContain('<title>Map &amp; more, 14 Nov 2023 22:13:20 UTC</title>');
    expect(svg).toContain('only failing · 14 Nov 2023 22:13:20 UTC');
  });

  it('names every service and host, the control plane and DNS', () => {
    const svg = draw('midst');
    for (const node of mapFixture('midst').nodes.filter(({ kind }) => kind !== 'users')) {
      expect(svg).toMatch(new RegExp(`>${node.name.slice(0, 12)}`));
    }
    expect(svg).toContain('Its clients say');
    expect(svg).toContain('>dns<');
  });

  it('names no address but that of SVG, and no file', () => {
    const addresses = draw('midst').match(/[a-z]+:\/\/[^"]*/g);
    expect([...new Set(addresses)]).toEqual(['http://www.w3.org/2000/svg']);
    expect(draw('midst')).not.toMatch(/url\(|href=|@import/);
  });

  it('draws the forms of routing that are there, and explains only these', () => {
    expect(draw('calm')).not.toContain('>No config<');
    expect(draw('midst')).toContain('>No config<');
    expect(draw('midst')).toContain('stroke-dasharray="6 4"');
    expect(draw('lost')).toContain('>Mesh, from cache<');
  });

  it('fades what the reader has filtered out', () => {
    const [kept] = mapFixture('midst').edges;
    expect(
      draw('midst', new Set([kept?.id ?? ''])).match(/opacity="0\.1"/g)?.length,
    ).toBeGreaterThan(5);
    expect(draw('midst')).not.toMatch(/opacity="0\.1"/);
  });
});

describe('cutWith', () => {
  it('leaves what fits and ends the rest with an ellipsis', () => {
    const tight = cutWith((text) => text.length);
    expect(tight('playlist', 8, 13)).toBe('playlist');
    expect(tight('playlist', 5, 13)).toBe('play…');
  });
});
