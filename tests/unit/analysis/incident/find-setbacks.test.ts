import { describe, expect, it } from 'vitest';
import type { Push } from '#analysis/control-plane/xds-client.ts';
import { findSetbacks } from '#analysis/incident/find-setbacks.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { controlPlane, xdsClient } from '#tests/support/xds-clients.ts';

const at = (second: number) => startOfSecond(unixSecond(second));

function older(id: string, connectedSecond: number) {
  return xdsClient(id, {
    verdict: 'older-version',
    reason: 'CDS went back from v90',
    wentBack: { type: 'CDS', fromVersion: 'v90' },
    connectedSinceUnixNano: at(connectedSecond),
  });
}

function push(client: string, second: number): Push {
  return {
    client,
    type: 'CDS',
    version: 'v41',
    unixNano: at(second),
    outcome: 'acked',
    resources: 3,
  } as Push;
}

describe('versions that went back', () => {
  it('did so when the first client took them, however late the others are, and whoever is named first', () => {
    const clients = [older('artist-1', 112), older('song-1', 101), older('song-2', 103)];
    const pushes = [push('artist-1', 112), push('song-2', 103), push('song-1', 101)];
    const view = { ...controlPlane(120, clients), pushes };
    expect(findSetbacks(view, at(121))).toMatchObject([
      { kind: 'version-regressed', unixNano: at(101), clients: ['artist-1', 'song-1', 'song-2'] },
    ]);
  });

  it('did not do so when the same version was sent the first time, long before', () => {
    const pushes = [push('song-1', 101), push('song-1', 2)];
    const view = { ...controlPlane(110, [older('song-1', 101)]), pushes };
    expect(findSetbacks(view, at(111))[0]?.unixNano).toBe(at(101));
  });

  it('are dated by the new streams where nobody tells of pushes', () => {
    const view = controlPlane(110, [older('artist-1', 108), older('song-1', 101)]);
    expect(findSetbacks(view, at(111))[0]?.unixNano).toBe(at(101));
  });
});
