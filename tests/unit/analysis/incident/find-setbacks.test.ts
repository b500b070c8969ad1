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

describe('a push that ends its clients', () => {
  const unanswered = (client: string, second: number, version = 'v42') =>
    ({ ...push(client, second), version, outcome: 'silent' }) as Push;
  const view = (second: number, pushes: readonly Push[]) => ({
    ...controlPlane(second, [xdsClient('gateway-1'), xdsClient('song-1'), xdsClient('image-1')]),
    pushes,
  });

  it('is one that each of them was sent again and again, its stream ending each time', () => {
    const pushes = [
      ...[unanswered('song-1', 104), unanswered('gateway-1', 103)],
      ...[unanswered('song-1', 102), unanswered('gateway-1', 101), push('image-1', 101)],
    ];
    expect(findSetbacks(view(105, pushes), at(106))).toMatchObject([
      {
        kind: 'push-fatal',
        unixNano: at(101),
        type: 'CDS',
        version: 'v42',
        clients: ['gateway-1', 'song-1'],
      },
    ]);
  });

  const endedBy = (client: string, second: number, rest: Partial<Push> = {}) => ({
    ...unanswered(client, second),
    silentAfterNs: 50_000_000,
    ...rest,
  });

  it('is known at once where it ended several, and another client keeps its stream', () => {
    const pushes = [endedBy('song-1', 104), endedBy('gateway-1', 104)];
    expect(findSetbacks(view(105, pushes), at(106))).toMatchObject([
      { kind: 'push-fatal', unixNano: at(104), clients: ['gateway-1', 'song-1'] },
    ]);
  });

  it('is none when all lost their streams with it, or waited for an answer in vain', () => {
    const all = ['song-1', 'gateway-1', 'image-1'].map((client) => endedBy(client, 104));
    expect(findSetbacks(view(105, all), at(106))).toEqual([]);
    const slow = { silentAfterNs: 10_000_000_000 };
    const waited = [endedBy('song-1', 104, slow), endedBy('gateway-1', 104, slow)];
    expect(findSetbacks(view(116, waited), at(117))).toEqual([]);
  });

  it('is none of endpoints that two instances missed as they left', () => {
    const pushes = [
      endedBy('song-1', 104, { type: 'EDS' }),
      endedBy('gateway-1', 104, { type: 'EDS' }),
    ];
    expect(findSetbacks(view(105, pushes), at(106))).toEqual([]);
  });

  it('is none of strangers that left with it unanswered', () => {
    const pushes = [endedBy('herd-1', 104), endedBy('herd-2', 104), endedBy('song-1', 104)];
    expect(findSetbacks(view(105, pushes), at(106))).toEqual([]);
  });

  it('is none that a client missed once, as one that is restarted does', () => {
    expect(findSetbacks(view(105, [unanswered('song-1', 104)]), at(106))).toEqual([]);
  });

  it('is not two versions that one client missed', () => {
    const pushes = [unanswered('song-1', 104, 'v43'), unanswered('song-1', 102)];
    expect(findSetbacks(view(105, pushes), at(106))).toEqual([]);
  });

  it('is over once they answer what comes after it, and when they have long been silent', () => {
    const pushes = [unanswered('song-1', 104), unanswered('song-1', 102)];
    const after = [{ ...push('song-1', 106), version: 'v43' }, ...pushes];
    expect(findSetbacks(view(107, after), at(108))).toEqual([]);
    expect(findSetbacks(view(170, pushes), at(171))).toEqual([]);
  });
});

describe('clients that are cut off', () => {
  const lost = (id: string, second: number) =>
    xdsClient(id, {
      connected: false,
      verdict: 'stream-lost',
      connectedSinceUnixNano: at(second),
    });
  const others = ['gateway-1', 'song-1', 'song-2'].map((id) => xdsClient(id));

  it('are those without a stream for long, while most keep theirs', () => {
    const view = controlPlane(112, [lost('artist-2', 103), lost('playlist-1', 101), ...others]);
    expect(findSetbacks(view, at(113))).toMatchObject([
      { kind: 'clients-cut-off', unixNano: at(101), clients: ['artist-2', 'playlist-1'] },
    ]);
  });

  it('are not told before pings can have told of all', () => {
    const view = controlPlane(106, [lost('artist-2', 100), ...others]);
    expect(findSetbacks(view, at(107))).toEqual([]);
  });

  it('are none when the others came back before them: then the server was gone', () => {
    const back = ['gateway-1', 'song-1', 'song-2'].map((id) =>
      xdsClient(id, { connectedSinceUnixNano: at(109) }),
    );
    const view = controlPlane(120, [lost('artist-2', 101), ...back]);
    expect(findSetbacks(view, at(121))).toEqual([]);
  });

  it('are none when the server is silent, or when they are', () => {
    const clients = [lost('artist-2', 101), ...others];
    const silent = controlPlane(120, clients, { server: { silentSinceUnixNano: at(110) } });
    expect(findSetbacks(silent, at(121))).toEqual([]);
    const stopped = [{ ...lost('artist-2', 101), isSilent: true }, ...others];
    expect(findSetbacks(controlPlane(120, stopped), at(121))).toEqual([]);
  });
});
