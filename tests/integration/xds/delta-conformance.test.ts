/** Incremental ADS over a real socket. Where each case comes from: CONFORMANCE.md. */
import { describe, expect, it } from 'vitest';
import { DeltaProbe, deltaNames, removedOf, versionsOf } from '#tests/support/ads-probe.ts';
import {
  BASE,
  IMAGE,
  INVALID_ARGUMENT,
  SONG,
  setUpProbedMesh,
} from '#tests/support/probed-mesh.ts';
import { catalogueOf, startTestControlPlane } from '#tests/support/test-control-plane.ts';

const mesh = setUpProbedMesh(DeltaProbe.connect);

describe('what is told', () => {
  it('is each resource with its version', async () => {
    const response = await mesh.probe.obtain('CDS');
    expect(deltaNames(response)).toEqual(['artist', 'song']);
    expect(new Set(Object.values(versionsOf(response))).size).toBe(2);
    expect(response.system_version_info).toBe('1');
    await mesh.probe.expectQuiet();
  });

  it('is only what changed', async () => {
    await mesh.probe.obtain('CDS');
    mesh.publish({ ...BASE, image: IMAGE });
    const response = await mesh.probe.take('CDS');
    expect(deltaNames(response)).toEqual(['image']);
    expect(removedOf(response)).toEqual([]);
  });

  it('is what vanished, by name, also for endpoints', async () => {
    await mesh.probe.obtain('CDS');
    await mesh.probe.obtain('EDS', ['song', 'artist']);
    mesh.publish({ song: SONG });
    const [first, second] = [await mesh.probe.nextOfAny(), await mesh.probe.nextOfAny()];
    for (const response of [first, second]) {
      expect(removedOf(response)).toEqual(['artist']);
      expect(deltaNames(response)).toEqual([]);
    }
  });

  it('leaves out what others asked for', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    const other = mesh.connect();
    await other.obtain('EDS', ['artist']);
    mesh.publish({ ...BASE, artist: IMAGE });
    expect(deltaNames(await other.take('EDS'))).toEqual(['artist']);
    await mesh.probe.expectQuiet();
  });

  it('comes for a refused resource only when it has changed', async () => {
    mesh.probe.subscribe('CDS');
    mesh.probe.nack('CDS', await mesh.probe.next('CDS'));
    await mesh.probe.expectQuiet();
    mesh.plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['song']);
  });

  it('is the sum of the changes that came while an answer was awaited', async () => {
    mesh.probe.subscribe('EDS', ['song', 'artist']);
    const first = await mesh.probe.next('EDS');
    mesh.publish({ ...BASE, song: IMAGE });
    mesh.publish({ song: IMAGE });
    await mesh.probe.expectQuiet();
    mesh.probe.ack('EDS', first);
    const second = await mesh.probe.take('EDS');
    expect([deltaNames(second), removedOf(second)]).toEqual([['song'], ['artist']]);
  });
});

describe('names', () => {
  it('are added one by one, and only the new one is sent', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.subscribe('EDS', ['artist']);
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['artist']);
  });

  it('that do not exist are reported as removed at once, and sent when they appear', async () => {
    const response = await mesh.probe.obtain('EDS', ['image']);
    expect([deltaNames(response), removedOf(response)]).toEqual([[], ['image']]);
    mesh.publish({ ...BASE, image: IMAGE });
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['image']);
  });

  it('that are unsubscribed are followed no more', async () => {
    await mesh.probe.obtain('EDS', ['song', 'artist']);
    mesh.probe.unsubscribe('EDS', ['artist']);
    await mesh.probe.expectQuiet();
    mesh.publish({ ...BASE, artist: IMAGE });
    await mesh.probe.expectQuiet();
  });

  it('asked for again are answered again, though nothing changed', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.subscribe('EDS', ['song']);
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['song']);
    mesh.probe.unsubscribe('EDS', ['song']);
    mesh.probe.subscribe('EDS', ['song']);
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['song']);
  });

  it('that were never subscribed are unsubscribed without effect', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.unsubscribe('EDS', ['image', '*']);
    await mesh.probe.expectQuiet();
    mesh.publish({ ...BASE, song: IMAGE });
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['song']);
  });

  it('beside a stale nonce count, unlike in the other dialect', async () => {
    const first = await mesh.probe.obtain('EDS', ['song']);
    mesh.publish({ ...BASE, song: IMAGE });
    const second = await mesh.probe.next('EDS');
    mesh.probe.request('EDS', {
      response_nonce: first.nonce ?? '',
      resource_names_subscribe: ['artist'],
    });
    await mesh.probe.expectQuiet();
    expect(mesh.plane.staleNonces()).toBe(1);
    mesh.probe.ack('EDS', second);
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['artist']);
  });
});

describe('wildcards', () => {
  it('begin with an empty first request, and last when a name is added', async () => {
    await mesh.probe.obtain('CDS');
    mesh.probe.subscribe('CDS', ['song']);
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['song']);
    mesh.publish({ ...BASE, image: IMAGE });
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['image']);
  });

  it('end with "*", and what was named stays', async () => {
    await mesh.probe.obtain('CDS', ['*', 'song']);
    mesh.probe.unsubscribe('CDS', ['*']);
    await mesh.probe.expectQuiet();
    mesh.publish({ ...BASE, image: IMAGE });
    await mesh.probe.expectQuiet();
    mesh.plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['song']);
  });

  it('begin later with "*", which sends what is not held yet', async () => {
    await mesh.probe.obtain('CDS', ['song']);
    mesh.probe.subscribe('CDS', ['*']);
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['artist']);
  });

  it('still cover a name that is unsubscribed, so it is told again', async () => {
    await mesh.probe.obtain('CDS', ['*', 'song']);
    mesh.probe.unsubscribe('CDS', ['song']);
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['song']);
  });

  it('still cover a name that is unsubscribed and gone, so it is told as removed', async () => {
    const first = await mesh.probe.obtain('CDS', ['*', 'image']);
    expect([deltaNames(first), removedOf(first)]).toEqual([['artist', 'song'], ['image']]);
    mesh.probe.unsubscribe('CDS', ['image']);
    expect(removedOf(await mesh.probe.take('CDS'))).toEqual(['image']);
  });

  it('do not come back when all names are unsubscribed', async () => {
    await mesh.probe.obtain('CDS', ['song']);
    mesh.probe.unsubscribe('CDS', ['song']);
    mesh.publish({ ...BASE, image: IMAGE });
    await mesh.probe.expectQuiet();
  });

  it('without any resource are answered, so that a client can go on', async () => {
    mesh.publish({});
    const response = await mesh.probe.obtain('CDS');
    expect([deltaNames(response), removedOf(response)]).toEqual([[], []]);
  });
});

describe('a client that comes back', () => {
  it('is told only what changed meanwhile, and what vanished', async () => {
    const before = versionsOf(await mesh.probe.obtain('CDS'));
    mesh.probe.close();
    mesh.publish({ song: SONG, image: IMAGE });
    const again = mesh.connect();
    again.subscribe('CDS', [], before);
    const response = await again.take('CDS');
    expect([deltaNames(response), removedOf(response)]).toEqual([['image'], ['artist']]);
  });

  it('is told nothing when nothing changed', async () => {
    const before = versionsOf(await mesh.probe.obtain('EDS', ['song', 'artist']));
    mesh.probe.close();
    const again = mesh.connect();
    again.subscribe('EDS', ['song', 'artist'], before);
    await again.expectQuiet();
    mesh.publish({ ...BASE, song: IMAGE });
    expect(deltaNames(await again.take('EDS'))).toEqual(['song']);
  });

  it('is told everything when its versions mean nothing here', async () => {
    mesh.probe.subscribe('CDS', [], { song: '', artist: 'of-another-server' });
    expect(deltaNames(await mesh.probe.take('CDS'))).toEqual(['artist', 'song']);
  });

  it('finds its versions valid after a restart of the control plane, since they tell the content', async () => {
    const before = versionsOf(await mesh.probe.obtain('CDS'));
    const restarted = await startTestControlPlane({ firstVersion: 40 });
    restarted.controlPlane.applyCatalogue(catalogueOf({ ...BASE, image: IMAGE }, 'http'));
    const again = DeltaProbe.connect(restarted.address);
    again.subscribe('CDS', [], before);
    expect(deltaNames(await again.take('CDS'))).toEqual(['image']);
    again.close();
    restarted.stop();
  });

  it('that asks for endpoints first gets them again after its clusters, which then warm', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.subscribe('CDS', [], { song: '', gone: '' });
    const clusters = await mesh.probe.next('CDS');
    expect(removedOf(clusters)).toEqual(['gone']);
    expect(deltaNames(await mesh.probe.take('EDS'))).toEqual(['song']);
  });
});

describe('streams', () => {
  it('carry all four types, each with its own state', async () => {
    mesh.probe.subscribe('LDS', ['song']);
    expect(deltaNames(await mesh.probe.take('LDS'))).toEqual(['song']);
    await mesh.probe.obtain('CDS', ['song']);
    expect(deltaNames(await mesh.probe.obtain('RDS', ['song-route']))).toEqual(['song-route']);
    expect(deltaNames(await mesh.probe.obtain('EDS', ['song']))).toEqual(['song']);
  });

  it('with a request that names no type are refused', async () => {
    mesh.probe.request('', {});
    expect(await mesh.probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('that ask for types nobody serves get no answer, and go on', async () => {
    mesh.probe.write({
      node: { id: 'probe-1' },
      type_url: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
      resource_names_subscribe: ['a'],
    });
    await mesh.probe.expectQuiet();
    await mesh.probe.obtain('CDS');
  });

  it('free what they held when they are cancelled', async () => {
    await mesh.probe.obtain('CDS');
    mesh.probe.close();
    await expect.poll(() => mesh.plane.ads.streams.size).toBe(0);
  });
});
