import { describe, expect, it } from 'vitest';
import { ControlPlane } from '#lab/control-plane/control-plane.ts';
import type { HeldBack } from '#lab/control-plane/drop-guard.ts';
import type { ServiceCatalogue } from '#lab/control-plane/mesh-model.ts';
import { DEFAULT_POLICY } from '#lab/control-plane/policy.ts';

/** `{ song: [1, 2] }`: song with two instances. */
function catalogue(services: Readonly<Record<string, readonly number[]>>): ServiceCatalogue {
  const names = Object.keys(services);
  return {
    services: names.map((name) => ({ name, protocol: 'http' })),
    instances: names.flatMap((service, index) =>
      (services[service] ?? []).map((n) => ({
        id: `${service}-${n}`,
        service,
        address: `127.0.${10 + index}.${n}`,
        meshPort: 15_006,
        appPort: 8080,
        protocol: 'http' as const,
      })),
    ),
  };
}

const MESH = { song: [1, 2], artist: [1, 2], image: [1, 2], playlist: [1, 2] };

function start(dropGuardPercent = 30) {
  const heldBack: HeldBack[] = [];
  const plane = new ControlPlane({
    identifier: 'test',
    firstVersion: 1,
    firstRelease: 'r1',
    loadReports: false,
    policy: { ...DEFAULT_POLICY, dropGuardPercent },
    now: () => 0,
    onPublished: () => undefined,
    onHeldBack: (held) => heldBack.push(held),
    onFaultsChanged: () => undefined,
  });
  plane.applyCatalogue(catalogue(MESH));
  const instancesOf = (name: string) =>
    plane.snapshot?.services
      .find((service) => service.name === name)
      ?.endpoints.map(({ instance }) => instance);
  return { plane, heldBack, instancesOf };
}

describe('what the drop guard holds back', () => {
  it('is the service that would be emptied, while the others move on', () => {
    const { plane, heldBack, instancesOf } = start();
    const moved = catalogue({ ...MESH, song: [], artist: [3, 4] });
    expect(plane.applyCatalogue(moved).kind).toBe('published');
    expect(instancesOf('song')).toEqual(['song-1', 'song-2']);
    expect(instancesOf('artist')).toEqual(['artist-3', 'artist-4']);
    expect(plane.refusal).toEqual(['it removes 2 of 2 endpoints of song']);
    // Told once, however often the others move meanwhile.
    plane.applyCatalogue(catalogue({ ...MESH, song: [], artist: [5] }));
    expect(instancesOf('artist')).toEqual(['artist-5']);
    expect(heldBack.map(({ names }) => names)).toEqual([['song']]);
  });

  it('stays as it was published until it is confirmed, and then goes', () => {
    const { plane, instancesOf } = start();
    const emptied = catalogue({ ...MESH, song: [] });
    expect(plane.applyCatalogue(emptied).kind).toBe('refused');
    const before = plane.snapshot?.version;
    expect(plane.applyCatalogue(emptied).kind).toBe('refused');
    expect(plane.snapshot?.version).toBe(before);
    expect(plane.confirm().kind).toBe('published');
    expect(instancesOf('song')).toEqual([]);
    expect(plane.refusal).toEqual([]);
  });

  it('is the fault and not what the registry says beside it', () => {
    const { plane, instancesOf } = start();
    expect(plane.addFault({ kind: 'empty-endpoints', service: 'song' }).kind).toBe('refused');
    expect(plane.applyCatalogue(catalogue({ ...MESH, image: [7, 8] })).kind).toBe('published');
    expect(instancesOf('image')).toEqual(['image-7', 'image-8']);
    expect(plane.snapshot?.endpointCounts.get('song')).toBe(2);
    expect(plane.faults).toHaveLength(1);
    plane.confirm();
    expect(plane.snapshot?.endpointCounts.get('song')).toBe(0);
  });

  it('keeps services that the registry lost, with all their resources', () => {
    const { plane, instancesOf } = start();
    const { song } = MESH;
    expect(plane.applyCatalogue(catalogue({ song, artist: [9, 2] })).kind).toBe('published');
    expect(instancesOf('image')).toEqual(['image-1', 'image-2']);
    expect(instancesOf('artist')).toEqual(['artist-9', 'artist-2']);
    expect(plane.snapshot?.proxyless.LDS.entries.has('playlist')).toBe(true);
  });

  it('is a whole release, which goes out in one piece or not at all', () => {
    const { plane, instancesOf } = start();
    expect(plane.rollOut('r2', ['song', 'image'], false).kind).toBe('refused');
    expect(plane.snapshot?.release).toBe('r1');
    plane.applyCatalogue(catalogue({ ...MESH, artist: [6] }));
    expect(instancesOf('artist')).toEqual(['artist-6']);
    expect(instancesOf('song')).toEqual(['song-1', 'song-2']);
  });

  it('grows by what is too much without it', () => {
    const { plane, instancesOf } = start();
    // Without song the rest still loses 3 of 8 endpoints.
    const next = catalogue({ song: [], artist: [1], image: [1], playlist: [1] });
    expect(plane.applyCatalogue(next).kind).toBe('refused');
    expect(instancesOf('image')).toEqual(['image-1', 'image-2']);
  });
});
