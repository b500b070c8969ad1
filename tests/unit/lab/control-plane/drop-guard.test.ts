import { describe, expect, it } from 'vitest';
import { countEndpoints, exceedsDropGuard } from '#lab/control-plane/drop-guard.ts';
import { applyFaults, type Fault } from '#lab/control-plane/faults.ts';
import { renderProxyless } from '#lab/control-plane/render-proxyless.ts';
import { nextView } from '#lab/control-plane/view.ts';

const options = {
  touch: 0,
  dnsFallback: false,
  panicThresholdPercent: undefined,
  outlierDetection: undefined,
  loadReports: false,
};

/** `{ song: 2 }`: song with two endpoints. */
function guarded(services: Readonly<Record<string, number>>, faults: readonly Fault[] = []) {
  const list = Object.entries(services).map(([name, count]) => ({
    name,
    protocol: 'http' as const,
    endpoints: Array.from({ length: count }, (_, index) => ({
      instance: `${name}-${index + 1}`,
      address: `127.0.13.${index + 1}`,
      port: 15_006,
      appPort: 8080,
    })),
  }));
  const resources = applyFaults(renderProxyless(list, options), faults, list, options);
  return {
    services: list,
    proxyless: nextView(undefined, resources, 1),
    endpointCounts: countEndpoints(resources),
  };
}

const MESH = { song: 2, artist: 2, image: 2, playlist: 1, login: 1 };

describe('exceedsDropGuard', () => {
  it('lets pass what leaves every service an endpoint', () => {
    expect(exceedsDropGuard(guarded(MESH), guarded({ ...MESH, song: 1 }), 30)).toBeUndefined();
    expect(exceedsDropGuard(guarded(MESH), guarded({ ...MESH, song: 5 }), 30)).toBeUndefined();
  });

  it('holds back the last endpoints of one service, however few they are of all', () => {
    expect(exceedsDropGuard(guarded(MESH), guarded({ ...MESH, login: 0 }), 30)).toEqual({
      reasons: ['it removes 1 of 1 endpoints of login'],
      names: ['login'],
      concerned: new Set(['login']),
    });
  });

  it('holds back a push that a fault empties, though all instances are registered', () => {
    const emptied = guarded(MESH, [{ kind: 'empty-endpoints', service: 'song' }]);
    expect(exceedsDropGuard(guarded(MESH), emptied, 30)?.names).toEqual(['song']);
  });

  it('holds back a release that loses services, and names them', () => {
    const { login, song } = MESH;
    const held = exceedsDropGuard(guarded(MESH), guarded({ login, song }), 30);
    expect(held?.names).toEqual(['artist', 'image', 'playlist']);
    expect([...(held?.concerned ?? [])].sort()).toEqual(['artist', 'image', 'playlist']);
    expect(held?.reasons).toContain('it removes 3 of 5 LDS resources (guard: 30 %)');
  });

  it('says how many of all endpoints go where no service loses all', () => {
    const held = exceedsDropGuard(guarded({ song: 9 }), guarded({ song: 2 }), 30);
    expect(held).toEqual({
      reasons: ['it removes 7 of 9 endpoints (guard: 30 %)'],
      names: [],
      concerned: new Set(['song']),
    });
  });

  it('does not hold back what was empty before', () => {
    expect(exceedsDropGuard(guarded({ song: 0 }), guarded({ song: 0 }), 0)).toBeUndefined();
  });
});
