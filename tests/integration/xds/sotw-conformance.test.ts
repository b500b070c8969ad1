/** State-of-the-world ADS over a real socket. Where each case comes from: CONFORMANCE.md. */
import { describe, expect, it } from 'vitest';
import { namesOf, resourcesOf, SotwProbe } from '#tests/support/ads-probe.ts';
import {
  ARTIST,
  BASE,
  IMAGE,
  INVALID_ARGUMENT,
  SONG,
  setUpProbedMesh,
} from '#tests/support/probed-mesh.ts';
import { catalogueOf, startTestControlPlane, without } from '#tests/support/test-control-plane.ts';

const UNAVAILABLE = 14;

const mesh = setUpProbedMesh(SotwProbe.connect);

describe('whether a request is answered', () => {
  it('an initial request is', async () => {
    mesh.probe.subscribe('CDS');
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('an acknowledgement is not', async () => {
    await mesh.probe.obtain('CDS');
    await mesh.probe.expectQuiet();
  });

  it('an acknowledgement of endpoints is, when their cluster was pushed in between', async () => {
    await mesh.probe.obtain('CDS');
    const endpoints = await mesh.probe.obtain('EDS', ['song']);
    await mesh.probe.expectQuiet();
    mesh.plane.controlPlane.rollOut('r2', [], true);
    mesh.plane.controlPlane.rollBack(true);
    const clusters = await mesh.probe.next('CDS');
    mesh.probe.ack('CDS', clusters);
    const again = await mesh.probe.next('EDS');
    expect(namesOf(again)).toEqual(['song']);
    expect(again.version_info).toBe(endpoints.version_info);
  });

  it('a refusal is not, and what was refused is not sent again', async () => {
    mesh.probe.subscribe('CDS');
    const response = await mesh.probe.next('CDS');
    mesh.probe.nack('CDS', response);
    await mesh.probe.expectQuiet();
    expect(mesh.plane.pushes.at(-1)?.end).toMatchObject({
      kind: 'nacked',
      reason: 'cannot use this',
    });
  });

  it('the first request of a new stream is, whatever nonce and version it brings from an old one', async () => {
    const before = await mesh.probe.obtain('CDS');
    const again = mesh.connect();
    again.request('CDS', {
      version_info: before.version_info ?? '',
      response_nonce: 'of-an-earlier-stream',
    });
    expect(namesOf(await again.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('a change of names is, with what was added', async () => {
    const response = await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.ack('EDS', response, ['song', 'artist']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['artist']);
  });

  it('the same names in another order are not', async () => {
    const response = await mesh.probe.obtain('EDS', ['song', 'artist']);
    mesh.probe.ack('EDS', response, ['artist', 'song']);
    await mesh.probe.expectQuiet();
  });

  it('an end of all endpoint subscriptions is not, and ends them', async () => {
    const response = await mesh.probe.obtain('EDS', ['song', 'artist']);
    mesh.probe.ack('EDS', response, []);
    await mesh.probe.expectQuiet();
    mesh.publish({ song: SONG.slice(0, 1), artist: ARTIST });
    await mesh.probe.expectQuiet();
  });
});

describe('wildcard subscriptions', () => {
  it('an empty list as the first ever means all, also when it is repeated', async () => {
    const first = await mesh.probe.obtain('CDS', []);
    mesh.probe.ack('CDS', first, []);
    mesh.publish({ ...BASE, image: IMAGE });
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('after a name was given, an empty list means none', async () => {
    const first = await mesh.probe.obtain('CDS', []);
    mesh.probe.ack('CDS', first, ['song']);
    // It holds song: naming what it keeps is no question.
    await mesh.probe.expectQuiet();
    mesh.plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    const named = await mesh.probe.next('CDS');
    expect(namesOf(named)).toEqual(['song']);
    mesh.probe.ack('CDS', named, []);
    mesh.publish({ ...BASE, image: IMAGE });
    await mesh.probe.expectQuiet();
  });

  it('"*" means all from the start, and stays so beside names', async () => {
    const first = await mesh.probe.obtain('CDS', ['*']);
    mesh.probe.ack('CDS', first, ['*', 'song']);
    const both = await mesh.probe.next('CDS');
    expect(namesOf(both)).toEqual(['artist', 'song']);
    mesh.probe.ack('CDS', both, ['*', 'song']);
    mesh.publish({ ...BASE, image: IMAGE });
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('leaving "*" out keeps the names alone, and giving it again brings all back', async () => {
    const first = await mesh.probe.obtain('CDS', ['*', 'song']);
    mesh.probe.ack('CDS', first, ['song']);
    await mesh.probe.expectQuiet();
    mesh.publish({ ...BASE, image: IMAGE });
    await mesh.probe.expectQuiet();
    mesh.probe.ack('CDS', first, []);
    await mesh.probe.expectQuiet();
    mesh.probe.ack('CDS', first, ['*']);
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'image', 'song']);
  });

  it('an empty list of routes or endpoints never means all', async () => {
    mesh.probe.subscribe('RDS', []);
    mesh.probe.subscribe('EDS', []);
    await mesh.probe.expectQuiet();
  });
});

describe('nonces', () => {
  it('are new with each response', async () => {
    const first = await mesh.probe.obtain('CDS');
    mesh.publish({ ...BASE, image: IMAGE });
    const second = await mesh.probe.next('CDS');
    expect(second.nonce).not.toBe(first.nonce);
    expect(first.nonce).not.toBe('');
  });

  it('that are stale are ignored, with the names beside them', async () => {
    const first = await mesh.probe.obtain('EDS', ['song']);
    mesh.publish({ ...BASE, song: SONG.slice(0, 1) });
    const second = await mesh.probe.next('EDS');
    mesh.probe.ack('EDS', first, ['song', 'artist']);
    await mesh.probe.expectQuiet();
    expect(mesh.plane.staleNonces()).toBe(1);
    mesh.probe.ack('EDS', second, ['song', 'artist']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['artist']);
  });

  it('count per type: one of another type is stale', async () => {
    const clusters = await mesh.probe.obtain('CDS');
    await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.ack('EDS', clusters, ['artist']);
    await mesh.probe.expectQuiet();
    expect(mesh.plane.staleNonces()).toBe(1);
  });
});

describe('subscriptions', () => {
  it('to all four types share one stream, each with its own state', async () => {
    mesh.probe.subscribe('LDS', ['song']);
    const listener = await mesh.probe.next('LDS');
    mesh.probe.subscribe('CDS', ['song']);
    const cluster = await mesh.probe.next('CDS');
    mesh.probe.subscribe('RDS', ['song-route']);
    const route = await mesh.probe.next('RDS');
    mesh.probe.subscribe('EDS', ['song']);
    const endpoints = await mesh.probe.next('EDS');
    expect(
      [listener, cluster, route, endpoints].map((response) => namesOf(response).join()),
    ).toEqual(['song', 'song', 'song-route', 'song']);
    expect(listener.control_plane?.identifier).toBe('test-control-plane');
  });

  it('that were ended and begun again are answered again, though nothing changed', async () => {
    const first = await mesh.probe.obtain('EDS', ['song', 'artist']);
    mesh.probe.ack('EDS', first, ['artist']);
    await mesh.probe.expectQuiet();
    mesh.probe.ack('EDS', first, ['artist', 'song']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['song']);
  });

  it('begun again with the nonce of the time before are answered, as grpc-js does it', async () => {
    const first = await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.ack('EDS', first, []);
    await mesh.probe.expectQuiet();
    mesh.probe.ack('EDS', first, ['song']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['song']);
  });

  it('to a name that does not exist wait, and are answered when it appears', async () => {
    const first = await mesh.probe.obtain('EDS', ['song']);
    mesh.probe.ack('EDS', first, ['song', 'image']);
    await mesh.probe.expectQuiet();
    mesh.publish({ ...BASE, image: IMAGE });
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['image']);
  });

  it('changed beside a refusal count as well', async () => {
    mesh.probe.subscribe('EDS', ['song']);
    const response = await mesh.probe.next('EDS');
    mesh.probe.nack('EDS', response, ['song', 'artist']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['artist']);
  });

  it('of clusters to more names are answered with all of them', async () => {
    const first = await mesh.probe.obtain('CDS', ['song']);
    mesh.probe.ack('CDS', first, ['song', 'artist']);
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('named twice in one request are answered once', async () => {
    mesh.probe.subscribe('EDS', ['song', 'song']);
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['song']);
  });

  it('ended while an answer waited behind another leave no late answer', async () => {
    mesh.probe.subscribe('EDS', ['song']);
    const first = await mesh.probe.next('EDS');
    mesh.publish({ ...BASE, song: SONG.slice(0, 1) });
    mesh.probe.ack('EDS', first, []);
    await mesh.probe.expectQuiet();
  });
});

describe('changes', () => {
  it('of endpoints reach those who asked for them, and nobody else', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    const other = mesh.connect();
    await other.obtain('EDS', ['artist']);
    mesh.publish({ ...BASE, song: SONG.slice(0, 1) });
    const response = await mesh.probe.next('EDS');
    expect(namesOf(response)).toEqual(['song']);
    await other.expectQuiet();
  });

  it('of one cluster are sent with all the others, since a missing one counts as deleted', async () => {
    await mesh.probe.obtain('CDS');
    mesh.plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(namesOf(await mesh.probe.next('CDS'))).toEqual(['artist', 'song']);
  });

  it('that leave everything as it was are not sent', async () => {
    await mesh.probe.obtain('CDS');
    await mesh.probe.obtain('EDS', ['song']);
    mesh.publish(BASE);
    await mesh.probe.expectQuiet();
  });

  it('while an answer is awaited wait for it, and only the last of them is sent', async () => {
    mesh.probe.subscribe('EDS', ['song']);
    const first = await mesh.probe.next('EDS');
    for (const port of [1, 2, 3]) mesh.publish({ ...BASE, song: [`127.22.13.9:${port}`] });
    await mesh.probe.expectQuiet();
    mesh.probe.ack('EDS', first, ['song']);
    const [assignment] = resourcesOf(await mesh.probe.next('EDS'));
    expect(JSON.stringify(assignment)).toContain('"port_value":3');
    await mesh.probe.expectQuiet();
  });

  it('that delete a listener send the rest without it; the last one gone leaves an empty answer', async () => {
    const first = await mesh.probe.obtain('LDS', ['song', 'artist']);
    mesh.plane.controlPlane.addFault(without('LDS', 'artist'));
    const second = await mesh.probe.next('LDS');
    expect(namesOf(second)).toEqual(['song']);
    expect(second.version_info).not.toBe(first.version_info);
    mesh.probe.ack('LDS', second, ['song', 'artist']);
    mesh.plane.controlPlane.addFault(without('LDS', 'song'));
    expect(namesOf(await mesh.probe.next('LDS'))).toEqual([]);
  });

  it('that delete endpoints cannot be said; their return is news', async () => {
    await mesh.probe.obtain('EDS', ['song']);
    mesh.plane.controlPlane.addFault(without('EDS', 'song'));
    await mesh.probe.expectQuiet();
    mesh.plane.controlPlane.clearFaults();
    expect(namesOf(await mesh.probe.next('EDS'))).toEqual(['song']);
  });

  it('to and fro between no endpoint and some are each sent', async () => {
    let response = await mesh.probe.obtain('EDS', ['artist']);
    for (const addresses of [[], ARTIST, []]) {
      mesh.publish({ ...BASE, artist: addresses });
      response = await mesh.probe.next('EDS');
      const [assignment] = resourcesOf(response);
      expect(JSON.stringify(assignment).includes('127.22.14.1')).toBe(addresses.length > 0);
      mesh.probe.ack('EDS', response, ['artist']);
    }
  });

  it('after a refusal are sent: the mended resource is a new version', async () => {
    mesh.probe.subscribe('CDS');
    const bad = await mesh.probe.next('CDS');
    mesh.probe.nack('CDS', bad);
    mesh.plane.controlPlane.addFault({ kind: 'dns-cluster', service: 'song' });
    const mended = await mesh.probe.next('CDS');
    expect(Number(mended.version_info)).toBeGreaterThan(Number(bad.version_info));
  });

  it('of the route name are followed when a client asks for another one', async () => {
    const first = await mesh.probe.obtain('RDS', ['song-route']);
    mesh.probe.ack('RDS', first, ['artist-route']);
    const second = await mesh.probe.next('RDS');
    expect(namesOf(second)).toEqual(['artist-route']);
    mesh.probe.ack('RDS', second, ['artist-route']);
    mesh.plane.controlPlane.addFault({ kind: 'oversized-route', service: 'song', routes: 2 });
    await mesh.probe.expectQuiet();
  });
});

describe('versions', () => {
  it('are the same for equal subscriptions with equal content, whenever they began', async () => {
    const early = await mesh.probe.obtain('EDS', ['song']);
    mesh.publish({ ...BASE, image: IMAGE });
    const late = await mesh.connect().obtain('EDS', ['song']);
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
    mesh.probe.write({ type_url: 'type.googleapis.com/envoy.config.cluster.v3.Cluster' });
    expect(await mesh.probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('with a request that names no type are refused', async () => {
    mesh.probe.request('', {});
    expect(await mesh.probe.ended).toBe(INVALID_ARGUMENT);
  });

  it('that ask for types nobody serves get no answer, and go on', async () => {
    for (const name of ['a', 'b', 'c'])
      mesh.probe.write({
        node: { id: 'probe-1' },
        type_url: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
        resource_names: [name],
      });
    await mesh.probe.expectQuiet();
    await mesh.probe.obtain('CDS');
  });

  it('end with UNAVAILABLE when the control plane goes down', async () => {
    await mesh.probe.obtain('CDS');
    mesh.plane.stop();
    expect(await mesh.probe.ended).toBe(UNAVAILABLE);
  });

  it('free what they held when they are cancelled, ended or cut', async () => {
    await mesh.probe.obtain('CDS');
    const other = mesh.connect();
    await other.obtain('CDS');
    expect(mesh.plane.ads.streams.size).toBe(2);
    mesh.probe.close();
    other.endSending();
    expect(await other.ended).toBe(0);
    await expect.poll(() => mesh.plane.ads.streams.size).toBe(0);
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
