/** Incremental ADS over a real socket. Where each case comes from: CONFORMANCE.md. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaProbe, deltaNames, removedOf, versionsOf } from '#tests/support/ads-probe.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const SONG = ['127.22.13.1:15006', '127.22.13.2:15006'];
const ARTIST = ['127.22.14.1:15006'];
const IMAGE = ['127.22.15.1:15006'];
const BASE = { song: SONG, artist: ARTIST };
const INVALID_ARGUMENT = 3;

let plane: TestControlPlane;
let probe: DeltaProbe;
const further: DeltaProbe[] = [];

function connect(): DeltaProbe {
  const other = DeltaProbe.connect(plane.address);
  further.push(other);
  return other;
}

function publish(services: Readonly<Record<string, readonly string[]>>): void {
  plane.controlPlane.applyCatalogue(catalogueOf(services, 'http'));
}

beforeEach(async () => {
  plane = await startTestControlPlane();
  publish(BASE);
  probe = DeltaProbe.connect(plane.address);
});

afterEach(() => {
  probe.close();
  for (const other of further.splice(0)) other.close();
  plane.stop();
});

describe('what is told', () => {
  it('is each resource with its version', async () => {
    const response = await probe.obtain('CDS');
    expect(deltaNames(response)).toEqual(['artist', 'song']);
    expect(new Set(Object.values(versionsOf(response))).size).toBe(2);
    expect(response.system_version_info).toBe('1');
    await probe.expectQuiet();
  });

  it('is only what changed', async () => {
    await probe.obtain('CDS');
    publish({ ...BASE, image: IMAGE });
    const response = await probe.take('CDS');
    expect(deltaNames(response)).toEqual(['image']);
    expect(removedOf(response)).toEqual([]);
  });

  it('is what vanished, by name, also for endpoints', async () => {
    await probe.obtain('CDS');
    await probe.obtain('EDS', ['song', 'artist']);
    publish({ song: SONG });
    const [first, second] = [await probe.nextOfAny(), await probe.nextOfAny()];
    for (const response of [first, second]) {
      expect(removedOf(response)).toEqual(['artist']);
      expect(deltaNames(response)).toEqual([]);
    }
  });

  it('leaves out what others asked for', async () => {
    await probe.obtain('EDS', ['song']);
    const other = connect();
    await other.obtain('EDS', ['artist']);
    publish({ ...BASE, artist: IMAGE });
    expect(deltaNames(await other.take('EDS'))).toEqual(['artist']);
    await probe.expectQuiet();
  });

  it('comes for a refused resource only when it has changed', async () => {
    probe.subscribe('CDS');
    probe.nack('CDS', await probe.next('CDS'));
    await probe.expectQuiet();
    plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(deltaNames(await probe.take('CDS'))).toEqual(['song']);
  });

  it('is the sum of the changes that came while an answer was awaited', async () => {
    probe.subscribe('EDS', ['song', 'artist']);
    const first = await probe.next('EDS');
    publish({ ...BASE, song: IMAGE });
    publish({ song: IMAGE });
    await probe.expectQuiet();
    probe.ack('EDS', first);
    const second = await probe.take('EDS');
    expect([deltaNames(second), removedOf(second)]).toEqual([['song'], ['artist']]);
  });
});

describe('names', () => {
  it('are added one by one, and only the new one is sent', async () => {
    await probe.obtain('EDS', ['song']);
    probe.subscribe('EDS', ['artist']);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['artist']);
  });

  it('that do not exist are reported as removed at once, and sent when they appear', async () => {
    const response = await probe.obtain('EDS', ['image']);
    expect([deltaNames(response), removedOf(response)]).toEqual([[], ['image']]);
    publish({ ...BASE, image: IMAGE });
    expect(deltaNames(await probe.take('EDS'))).toEqual(['image']);
  });

  it('that are unsubscribed are followed no more', async () => {
    await probe.obtain('EDS', ['song', 'artist']);
    probe.unsubscribe('EDS', ['artist']);
    await probe.expectQuiet();
    publish({ ...BASE, artist: IMAGE });
    await probe.expectQuiet();
  });

  it('asked for again are answered again, though nothing changed', async () => {
    await probe.obtain('EDS', ['song']);
    probe.subscribe('EDS', ['song']);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['song']);
    probe.unsubscribe('EDS', ['song']);
    probe.subscribe('EDS', ['song']);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['song']);
  });

  it('that were never subscribed are unsubscribed without effect', async () => {
    await probe.obtain('EDS', ['song']);
    probe.unsubscribe('EDS', ['image', '*']);
    await probe.expectQuiet();
    publish({ ...BASE, song: IMAGE });
    expect(deltaNames(await probe.take('EDS'))).toEqual(['song']);
  });

  it('beside a stale nonce count, unlike in the other dialect', async () => {
    const first = await probe.obtain('EDS', ['song']);
    publish({ ...BASE, song: IMAGE });
    const second = await probe.next('EDS');
    probe.request('EDS', {
      response_nonce: first.nonce ?? '',
      resource_names_subscribe: ['artist'],
    });
    await probe.expectQuiet();
    expect(plane.staleNonces()).toBe(1);
    probe.ack('EDS', second);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['artist']);
  });
});

describe('wildcards', () => {
  it('begin with an empty first request, and last when a name is added', async () => {
    await probe.obtain('CDS');
    probe.subscribe('CDS', ['song']);
    expect(deltaNames(await probe.take('CDS'))).toEqual(['song']);
    publish({ ...BASE, image: IMAGE });
    expect(deltaNames(await probe.take('CDS'))).toEqual(['image']);
  });

  it('end with "*", and what was named stays', async () => {
    await probe.obtain('CDS', ['*', 'song']);
    probe.unsubscribe('CDS', ['*']);
    await probe.expectQuiet();
    publish({ ...BASE, image: IMAGE });
    await probe.expectQuiet();
    plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(deltaNames(await probe.take('CDS'))).toEqual(['song']);
  });

  it('begin later with "*", which sends what is not held yet', async () => {
    await probe.obtain('CDS', ['song']);
    probe.subscribe('CDS', ['*']);
    expect(deltaNames(await probe.take('CDS'))).toEqual(['artist']);
  });

  it('still cover a name that is unsubscribed, so it is told again', async () => {
    await probe.obtain('CDS', ['*', 'song']);
    probe.unsubscribe('CDS', ['song']);
    expect(deltaNames(await probe.take('CDS'))).toEqual(['song']);
  });

  it('still cover a name that is unsubscribed and gone, so it is told as removed', async () => {
    const first = await probe.obtain('CDS', ['*', 'image']);
    expect([deltaNames(first), removedOf(first)]).toEqual([['artist', 'song'], ['image']]);
    probe.unsubscribe('CDS', ['image']);
    expect(removedOf(await probe.take('CDS'))).toEqual(['image']);
  });

  it('do not come back when all names are unsubscribed', async () => {
    await probe.obtain('CDS', ['song']);
    probe.unsubscribe('CDS', ['song']);
    publish({ ...BASE, image: IMAGE });
    await probe.expectQuiet();
  });

  it('without any resource are answered, so that a client can go on', async () => {
    publish({});
    const response = await probe.obtain('CDS');
    expect([deltaNames(response), removedOf(response)]).toEqual([[], []]);
  });
});

describe('a client that comes back', () => {
  it('is told only what changed meanwhile, and what vanished', async () => {
    const before = versionsOf(await probe.obtain('CDS'));
    probe.close();
    publish({ song: SONG, image: IMAGE });
    const again = connect();
    again.subscribe('CDS', [], before);
    const response = await again.take('CDS');
    expect([deltaNames(response), removedOf(response)]).toEqual([['image'], ['artist']]);
  });

  it('is told nothing when nothing changed', async () => {
    const before = versionsOf(await probe.obtain('EDS', ['song', 'artist']));
    probe.close();
    const again = connect();
    again.subscribe('EDS', ['song', 'artist'], before);
    await again.expectQuiet();
    publish({ ...BASE, song: IMAGE });
    expect(deltaNames(await again.take('EDS'))).toEqual(['song']);
  });

  it('is told everything when its versions mean nothing here', async () => {
    probe.subscribe('CDS', [], { song: '', artist: 'of-another-server' });
    expect(deltaNames(await probe.take('CDS'))).toEqual(['artist', 'song']);
  });

  it('finds its versions valid after a restart of the control plane, since they tell the content', async () => {
    const before = versionsOf(await probe.obtain('CDS'));
    const restarted = await startTestControlPlane({ firstVersion: 40 });
    restarted.controlPlane.applyCatalogue(catalogueOf({ ...BASE, image: IMAGE }, 'http'));
    const again = DeltaProbe.connect(restarted.address);
    again.subscribe('CDS', [], before);
    expect(deltaNames(await again.take('CDS'))).toEqual(['image']);
    again.close();
    restarted.stop();
  });

  it('that asks for endpoints first gets them again after its clusters, which then warm', async () => {
    await probe.obtain('EDS', ['song']);
    probe.subscribe('CDS', [], { song: '', gone: '' });
    const clusters = await probe.next('CDS');
    expect(removedOf(clusters)).toEqual(['gone']);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['song']);
  });
});

describe('streams', () => {
  it('carry all four types, each with its own state', async () => {
    probe.subscribe('LDS', ['song']);
    expect(deltaNames(await probe.take('LDS'))).toEqual(['song']);
    await probe.obtain('CDS', ['song']);
    expect(deltaNames(await probe.obtain('RDS', ['song-route']))).toEqual(['song-route']);
    expect(deltaNames(await probe.obtain('EDS', ['song']))).toEqual(['song']);
  });

  it('with a request that names no type are refused', async () => {
    probe.request('', {});
    expect(await probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('that ask for types nobody serves get no answer, and go on', async () => {
    probe.write({
      node: { id: 'probe-1' },
      type_url: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
      resource_names_subscribe: ['a'],
    });
    await probe.expectQuiet();
    await probe.obtain('CDS');
  });

  it('free what they held when they are cancelled', async () => {
    await probe.obtain('CDS');
    probe.close();
    await expect.poll(() => plane.ads.streams.size).toBe(0);
  });
});
