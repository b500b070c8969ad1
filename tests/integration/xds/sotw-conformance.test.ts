/** State-of-the-world ADS over a real socket. Where each case comes from: CONFORMANCE.md. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namesOf, resourcesOf, SotwProbe } from '#tests/support/ads-probe.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
  without,
} from '#tests/support/test-control-plane.ts';

const SONG = ['127.22.13.1:15006', '127.22.13.2:15006'];
const ARTIST = ['127.22.14.1:15006'];
const BASE = { song: SONG, artist: ARTIST };
const INVALID_ARGUMENT = 3;
const UNAVAILABLE = 14;

let plane: TestControlPlane;
let probe: SotwProbe;
const further: SotwProbe[] = [];

function connect(id = 'probe-2'): SotwProbe {
  const other = SotwProbe.connect(plane.address, { id, cluster: 'probe' });
  further.push(other);
  return other;
}

function publish(services: Readonly<Record<string, readonly string[]>>): void {
  plane.controlPlane.applyCatalogue(catalogueOf(services, 'http'));
}

beforeEach(async () => {
  plane = await startTestControlPlane();
  publish(BASE);
  probe = SotwProbe.connect(plane.address);
});

afterEach(() => {
  probe.close();
  for (const other of further.splice(0)) other.close();
  plane.stop();
});

describe('whether a request is answered', () => {
  it('an initial request is', async () => {
    probe.subscribe('CDS');
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('an acknowledgement is not', async () => {
    await probe.obtain('CDS');
    await probe.expectQuiet();
  });

  it('an acknowledgement of endpoints is, when their cluster was pushed in between', async () => {
    await probe.obtain('CDS');
    const endpoints = await probe.obtain('EDS', ['song']);
    await probe.expectQuiet();
    plane.controlPlane.rollOut('r2', [], true);
    plane.controlPlane.rollBack(true);
    const clusters = await probe.next('CDS');
    probe.ack('CDS', clusters);
    const again = await probe.next('EDS');
    expect(namesOf(again)).toEqual(['song']);
    expect(again.version_info).toBe(endpoints.version_info);
  });

  it('a refusal is not, and what was refused is not sent again', async () => {
    probe.subscribe('CDS');
    const response = await probe.next('CDS');
    probe.nack('CDS', response);
    await probe.expectQuiet();
    expect(plane.pushes.at(-1)?.end).toMatchObject({ kind: 'nacked', reason: 'cannot use this' });
  });

  it('the first request of a new stream is, whatever nonce and version it brings from an old one', async () => {
    const before = await probe.obtain('CDS');
    const again = connect();
    again.request('CDS', {
      version_info: before.version_info ?? '',
      response_nonce: 'of-an-earlier-stream',
    });
    expect(namesOf(await again.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('a change of names is, with what was added', async () => {
    const response = await probe.obtain('EDS', ['song']);
    probe.ack('EDS', response, ['song', 'artist']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['artist']);
  });

  it('the same names in another order are not', async () => {
    const response = await probe.obtain('EDS', ['song', 'artist']);
    probe.ack('EDS', response, ['artist', 'song']);
    await probe.expectQuiet();
  });

  it('an end of all endpoint subscriptions is not, and ends them', async () => {
    const response = await probe.obtain('EDS', ['song', 'artist']);
    probe.ack('EDS', response, []);
    await probe.expectQuiet();
    publish({ song: SONG.slice(0, 1), artist: ARTIST });
    await probe.expectQuiet();
  });
});

describe('wildcard subscriptions', () => {
  it('an empty list as the first ever means all, also when it is repeated', async () => {
    const first = await probe.obtain('CDS', []);
    probe.ack('CDS', first, []);
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('after a name was given, an empty list means none', async () => {
    const first = await probe.obtain('CDS', []);
    probe.ack('CDS', first, ['song']);
    const named = await probe.next('CDS');
    expect(namesOf(named)).toEqual(['song']);
    probe.ack('CDS', named, []);
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    await probe.expectQuiet();
  });

  it('"*" means all from the start, and stays so beside names', async () => {
    const first = await probe.obtain('CDS', ['*']);
    probe.ack('CDS', first, ['*', 'song']);
    const both = await probe.next('CDS');
    expect(namesOf(both)).toEqual(['artist', 'song']);
    probe.ack('CDS', both, ['*', 'song']);
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('leaving "*" out keeps the names alone, and giving it again brings all back', async () => {
    const first = await probe.obtain('CDS', ['*', 'song']);
    probe.ack('CDS', first, ['song']);
    await probe.expectQuiet();
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    await probe.expectQuiet();
    probe.ack('CDS', first, []);
    await probe.expectQuiet();
    probe.ack('CDS', first, ['*']);
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('an empty list of routes or endpoints never means all', async () => {
    probe.subscribe('RDS', []);
    probe.subscribe('EDS', []);
    await probe.expectQuiet();
  });
});

describe('nonces', () => {
  it('are new with each response', async () => {
    const first = await probe.obtain('CDS');
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    const second = await probe.next('CDS');
    expect(second.nonce).not.toBe(first.nonce);
    expect(first.nonce).not.toBe('');
  });

  it('that are stale are ignored, with the names beside them', async () => {
    const first = await probe.obtain('EDS', ['song']);
    publish({ ...BASE, song: SONG.slice(0, 1) });
    const second = await probe.next('EDS');
    probe.ack('EDS', first, ['song', 'artist']);
    await probe.expectQuiet();
    expect(plane.staleNonces()).toBe(1);
    probe.ack('EDS', second, ['song', 'artist']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['artist']);
  });

  it('count per type: one of another type is stale', async () => {
    const clusters = await probe.obtain('CDS');
    await probe.obtain('EDS', ['song']);
    probe.ack('EDS', clusters, ['artist']);
    await probe.expectQuiet();
    expect(plane.staleNonces()).toBe(1);
  });
});

describe('subscriptions', () => {
  it('to all four types share one stream, each with its own state', async () => {
    probe.subscribe('LDS', ['song']);
    const listener = await probe.next('LDS');
    probe.subscribe('CDS', ['song']);
    const cluster = await probe.next('CDS');
    probe.subscribe('RDS', ['song-route']);
    const route = await probe.next('RDS');
    probe.subscribe('EDS', ['song']);
    const endpoints = await probe.next('EDS');
    expect(
      [listener, cluster, route, endpoints].map((response) => namesOf(response).join()),
    ).toEqual(['song', 'song', 'song-route', 'song']);
    expect(listener.control_plane?.identifier).toBe('test-control-plane');
  });

  it('that were ended and begun again are answered again, though nothing changed', async () => {
    const first = await probe.obtain('EDS', ['song', 'artist']);
    probe.ack('EDS', first, ['artist']);
    await probe.expectQuiet();
    probe.ack('EDS', first, ['artist', 'song']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['song']);
  });

  it('begun again with the nonce of the time before are answered, as grpc-js does it', async () => {
    const first = await probe.obtain('EDS', ['song']);
    probe.ack('EDS', first, []);
    await probe.expectQuiet();
    probe.ack('EDS', first, ['song']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['song']);
  });

  it('to a name that does not exist wait, and are answered when it appears', async () => {
    const first = await probe.obtain('EDS', ['song']);
    probe.ack('EDS', first, ['song', 'image']);
    await probe.expectQuiet();
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    expect(namesOf(await probe.next('EDS'))).toEqual(['image']);
  });

  it('changed beside a refusal count as well', async () => {
    probe.subscribe('EDS', ['song']);
    const response = await probe.next('EDS');
    probe.nack('EDS', response, ['song', 'artist']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['artist']);
  });

  it('of clusters to more names are answered with all of them', async () => {
    const first = await probe.obtain('CDS', ['song']);
    probe.ack('CDS', first, ['song', 'artist']);
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('named twice in one request are answered once', async () => {
    probe.subscribe('EDS', ['song', 'song']);
    expect(namesOf(await probe.next('EDS'))).toEqual(['song']);
  });

  it('ended while an answer waited behind another leave no late answer', async () => {
    probe.subscribe('EDS', ['song']);
    const first = await probe.next('EDS');
    publish({ ...BASE, song: SONG.slice(0, 1) });
    probe.ack('EDS', first, []);
    await probe.expectQuiet();
  });
});

describe('changes', () => {
  it('of endpoints reach those who asked for them, and nobody else', async () => {
    await probe.obtain('EDS', ['song']);
    const other = connect();
    await other.obtain('EDS', ['artist']);
    publish({ ...BASE, song: SONG.slice(0, 1) });
    const response = await probe.next('EDS');
    expect(namesOf(response)).toEqual(['song']);
    await other.expectQuiet();
  });

  it('of one cluster are sent with all the others, since a missing one counts as deleted', async () => {
    await probe.obtain('CDS');
    plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(namesOf(await probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('that leave everything as it was are not sent', async () => {
    await probe.obtain('CDS');
    await probe.obtain('EDS', ['song']);
    publish(BASE);
    await probe.expectQuiet();
  });

  it('while an answer is awaited wait for it, and only the last of them is sent', async () => {
    probe.subscribe('EDS', ['song']);
    const first = await probe.next('EDS');
    for (const port of [1, 2, 3]) publish({ ...BASE, song: [`127.22.13.9:${port}`] });
    await probe.expectQuiet();
    probe.ack('EDS', first, ['song']);
    const [assignment] = resourcesOf(await probe.next('EDS'));
    expect(JSON.stringify(assignment)).toContain('"port_value":3');
    await probe.expectQuiet();
  });

  it('that delete a listener send the rest without it; the last one gone leaves an empty answer', async () => {
    const first = await probe.obtain('LDS', ['song', 'artist']);
    plane.controlPlane.addFault(without('LDS', 'artist'));
    const second = await probe.next('LDS');
    expect(namesOf(second)).toEqual(['song']);
    expect(second.version_info).not.toBe(first.version_info);
    probe.ack('LDS', second, ['song', 'artist']);
    plane.controlPlane.addFault(without('LDS', 'song'));
    expect(namesOf(await probe.next('LDS'))).toEqual([]);
  });

  it('that delete endpoints cannot be said; their return is news', async () => {
    await probe.obtain('EDS', ['song']);
    plane.controlPlane.addFault(without('EDS', 'song'));
    await probe.expectQuiet();
    plane.controlPlane.clearFaults();
    expect(namesOf(await probe.next('EDS'))).toEqual(['song']);
  });

  it('to and fro between no endpoint and some are each sent', async () => {
    let response = await probe.obtain('EDS', ['artist']);
    for (const addresses of [[], ARTIST, []]) {
      publish({ ...BASE, artist: addresses });
      response = await probe.next('EDS');
      const [assignment] = resourcesOf(response);
      expect(JSON.stringify(assignment).includes('127.22.14.1')).toBe(addresses.length > 0);
      probe.ack('EDS', response, ['artist']);
    }
  });

  it('after a refusal are sent: the mended resource is a new version', async () => {
    probe.subscribe('CDS');
    const bad = await probe.next('CDS');
    probe.nack('CDS', bad);
    plane.controlPlane.addFault({ kind: 'dns-cluster', service: 'song' });
    const mended = await probe.next('CDS');
    expect(Number(mended.version_info)).toBeGreaterThan(Number(bad.version_info));
  });

  it('of the route name are followed when a client asks for another one', async () => {
    const first = await probe.obtain('RDS', ['song-route']);
    probe.ack('RDS', first, ['artist-route']);
    const second = await probe.next('RDS');
    expect(namesOf(second)).toEqual(['artist-route']);
    probe.ack('RDS', second, ['artist-route']);
    plane.controlPlane.addFault({ kind: 'oversized-route', service: 'song', routes: 2 });
    await probe.expectQuiet();
  });
});

describe('versions', () => {
  it('are the same for equal subscriptions with equal content, whenever they began', async () => {
    const early = await probe.obtain('EDS', ['song']);
    publish({ ...BASE, image: ['127.22.15.1:15006'] });
    const late = await connect().obtain('EDS', ['song']);
    expect(late.version_info).toBe(early.version_info);
  });

  it('may fall when the control plane starts anew: a client with a higher one is answered in full', async () => {
    const newer = await startTestControlPlane({ firstVersion: 1 });
    newer.controlPlane.applyCatalogue(catalogueOf(BASE, 'http'));
    const returning = SotwProbe.connect(newer.address);
    returning.request('CDS', { version_info: '57', response_nonce: '9-4' });
    const response = await returning.next('CDS');
    expect(response.version_info).toBe('1');
    expect(namesOf(response)).toEqual(['artist', 'song']);
    returning.close();
    newer.stop();
  });
});

describe('streams', () => {
  it('without a node id are refused', async () => {
    probe.write({ type_url: 'type.googleapis.com/envoy.config.cluster.v3.Cluster' });
    expect(await probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('with a request that names no type are refused', async () => {
    probe.request('', {});
    expect(await probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('that ask for types nobody serves get no answer, and go on', async () => {
    for (const name of ['a', 'b', 'c'])
      probe.write({
        node: { id: 'probe-1' },
        type_url: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
        resource_names: [name],
      });
    await probe.expectQuiet();
    await probe.obtain('CDS');
  });

  it('end with UNAVAILABLE when the control plane goes down', async () => {
    await probe.obtain('CDS');
    plane.stop();
    expect(await probe.ended).toBe(UNAVAILABLE);
  });

  it('free what they held when they are cancelled, ended or cut', async () => {
    await probe.obtain('CDS');
    const other = connect();
    await other.obtain('CDS');
    expect(plane.ads.streams.size).toBe(2);
    probe.close();
    other.endSending();
    expect(await other.ended).toBe(0);
    await expect.poll(() => plane.ads.streams.size).toBe(0);
  });

  it('opened before the first snapshot are answered with it, and not with nothing', async () => {
    const empty = await startTestControlPlane();
    const early = SotwProbe.connect(empty.address);
    early.subscribe('CDS');
    await early.expectQuiet();
    empty.controlPlane.applyCatalogue(catalogueOf(BASE, 'http'));
    expect(namesOf(await early.next('CDS'))).toEqual(['artist', 'song']);
    early.close();
    empty.stop();
  });
});
