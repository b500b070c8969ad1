import { describe, expect, it } from 'vitest';
import { renderProxyless } from '#lab/control-plane/render-proxyless.ts';
import { isSameView, nextView, removedNames } from '#lab/control-plane/view.ts';

const options = {
  touch: 0,
  dnsFallback: false,
  panicThresholdPercent: undefined,
  outlierDetection: undefined,
  loadReports: false,
};

function services(ports: Readonly<Record<string, number>>) {
  return Object.entries(ports).map(([name, port]) => ({
    name,
    protocol: 'http' as const,
    endpoints: [{ instance: `${name}-1`, address: '127.0.13.1', port, appPort: 8080 }],
  }));
}

const render = (ports: Readonly<Record<string, number>>) =>
  renderProxyless(services(ports), options);

describe('nextView', () => {
  const first = nextView(undefined, render({ song: 1, artist: 1 }), 1);

  it('keeps the entry and the version of what did not change', () => {
    const second = nextView(first, render({ song: 2, artist: 1 }), 2);
    expect(second.EDS.entries.get('artist')).toBe(first.EDS.entries.get('artist'));
    expect(second.EDS.entries.get('song')?.version).toBe(2);
    expect([second.EDS.version, second.CDS.version]).toEqual([2, 1]);
  });

  it('is the same view, type by type, when nothing changed', () => {
    const again = nextView(first, render({ song: 1, artist: 1 }), 2);
    expect(again.EDS).toBe(first.EDS);
    expect(isSameView(first, again)).toBe(true);
  });

  it('counts a name that vanished as a change, and its identical return as another', () => {
    const without = nextView(first, render({ song: 1 }), 2);
    expect(removedNames(first, without, 'LDS')).toEqual(['artist']);
    expect(without.LDS.changedIn.get('artist')).toBe(2);
    const restored = nextView(without, render({ song: 1, artist: 1 }), 3);
    expect(restored.LDS.entries.get('artist')?.version).toBe(3);
    expect(restored.LDS.entries.get('artist')?.hash).toBe(first.LDS.entries.get('artist')?.hash);
  });

  it('differs in every listener and cluster after a touched rollback', () => {
    const touched = renderProxyless(services({ song: 1, artist: 1 }), { ...options, touch: 1 });
    const view = nextView(first, touched, 2);
    const versions = [view.LDS, view.CDS].flatMap(({ entries }) =>
      [...entries.values()].map(({ version }) => version),
    );
    expect(versions).toEqual([2, 2, 2, 2]);
    expect(view.EDS).toBe(first.EDS);
  });
});
