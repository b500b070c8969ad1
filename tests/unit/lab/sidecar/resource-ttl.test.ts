import { describe, expect, it } from 'vitest';
import { ResourceTtls, unpackReceived } from '#lab/sidecar/resource-ttl.ts';
import { encodeMessage, packResource } from '#lab/xds/protos.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';

const WRAPPER = 'envoy.service.discovery.v3.Resource';
const song = packResource({ '@type': TYPE_URL.CDS, name: 'song' });
const wrap = (message: object) => ({
  type_url: `type.googleapis.com/${WRAPPER}`,
  value: encodeMessage(WRAPPER, message),
});

describe('a received resource', () => {
  it('may come as it is', () => {
    expect(unpackReceived(song)).toMatchObject({
      name: 'song',
      resource: { name: 'song' },
      ttlMs: undefined,
    });
  });

  it('may come wrapped, with its time to live', () => {
    const any = wrap({ name: 'song', resource: song, ttl: { seconds: 2, nanos: 5e8 } });
    expect(unpackReceived(any)).toMatchObject({ resource: { name: 'song' }, ttlMs: 2500 });
  });

  it('is a heartbeat when only its name and time come', () => {
    const any = wrap({ name: 'song', ttl: { seconds: 1 } });
    expect(unpackReceived(any)).toEqual({ name: 'song', ttlMs: 1000 });
  });

  it('is none when its bytes are not of its type', () => {
    expect(unpackReceived({ ...song, value: Buffer.from([0xff, 0xff]) })).toBeUndefined();
  });
});

describe('times to live', () => {
  it('end once, and only where nothing was heard meanwhile', () => {
    const ttls = new ResourceTtls();
    ttls.heardOf('CDS', 'song', 1000, 0);
    ttls.heardOf('CDS', 'artist', 1000, 0);
    ttls.heardOf('CDS', 'artist', 1000, 900);
    expect(ttls.takeExpired('CDS', 999)).toEqual([]);
    expect(ttls.takeExpired('CDS', 1000)).toEqual(['song']);
    expect(ttls.takeExpired('CDS', 1500)).toEqual([]);
    expect(ttls.takeExpired('EDS', 5000)).toEqual([]);
    expect(ttls.takeExpired('CDS', 1900)).toEqual(['artist']);
  });

  it('are taken back by a resource that comes without one', () => {
    const ttls = new ResourceTtls();
    ttls.heardOf('CDS', 'song', 1000, 0);
    ttls.heardOf('CDS', 'song', undefined, 500);
    expect(ttls.takeExpired('CDS', 2000)).toEqual([]);
  });
});
