import { describe, expect, it } from 'vitest';
import {
  acceptResponse,
  emptyCache,
  expireRequests,
  followReferences,
  type OnDeletion,
  type XdsCache,
} from '#lab/sidecar/xds-cache.ts';
import type { XdsType } from '#telemetry/xds-type.ts';
import { cluster, endpoints, listener, route } from '#tests/support/xds-resources.ts';

const SERVICES = new Set(['song']);

function accept(
  cache: XdsCache,
  type: XdsType,
  version: string,
  resources: readonly unknown[],
  onDeletion: OnDeletion = 'drop',
) {
  const response = { versionInfo: version, resources };
  const accepted = acceptResponse(cache, type, response, onDeletion, 1000);
  return { ...accepted, cache: followReferences(accepted.cache, SERVICES, 1000) };
}

function asked(): XdsCache {
  return followReferences(emptyCache(0), SERVICES, 0);
}

function complete(): XdsCache {
  const lds = accept(asked(), 'LDS', '1', [listener('song')]).cache;
  const rds = accept(lds, 'RDS', '1', [route('song')]).cache;
  const cds = accept(rds, 'CDS', '1', [cluster('song')]).cache;
  return accept(cds, 'EDS', '1', [endpoints('song', '127.0.13.1')]).cache;
}

function kinds(cache: XdsCache): Record<string, string | undefined> {
  return {
    LDS: cache.LDS.resources.get('song')?.kind,
    RDS: cache.RDS.resources.get('song-route')?.kind,
    CDS: cache.CDS.resources.get('song')?.kind,
    EDS: cache.EDS.resources.get('song')?.kind,
  };
}

describe('followReferences', () => {
  it('asks for each next resource when the one before it names it', () => {
    expect(kinds(asked())).toEqual({
      LDS: 'requested',
      RDS: undefined,
      CDS: undefined,
      EDS: undefined,
    });
    expect(kinds(accept(asked(), 'LDS', '1', [listener('song')]).cache)).toMatchObject({
      LDS: 'held',
      RDS: 'requested',
    });
    expect(kinds(complete())).toEqual({ LDS: 'held', RDS: 'held', CDS: 'held', EDS: 'held' });
  });

  it('returns the same cache when nothing moved', () => {
    const cache = complete();
    expect(followReferences(cache, SERVICES, 2000)).toBe(cache);
  });
});

describe('acceptResponse', () => {
  it('takes a listener that a complete response leaves out for gone, and forgets what hung on it', () => {
    const { cache, errorDetail } = accept(complete(), 'LDS', '2', []);
    expect(errorDetail).toBeUndefined();
    expect(cache.LDS.acked).toBe('2');
    expect(kinds(cache)).toEqual({
      LDS: 'missing',
      RDS: undefined,
      CDS: undefined,
      EDS: undefined,
    });
  });

  it('keeps what was left out when told to', () => {
    const { cache } = accept(complete(), 'LDS', '2', [], 'keep');
    expect(kinds(cache)).toEqual({ LDS: 'held', RDS: 'held', CDS: 'held', EDS: 'held' });
  });

  it('takes a restored resource up again, identical as it is', () => {
    const lost = accept(complete(), 'LDS', '2', []).cache;
    expect(kinds(accept(lost, 'LDS', '3', [listener('song')]).cache)).toMatchObject({
      LDS: 'held',
      RDS: 'requested',
    });
  });

  it('does not read absence from an endpoint response as removal', () => {
    expect(kinds(accept(complete(), 'EDS', '2', []).cache)['EDS']).toBe('held');
  });

  it('refuses what it cannot apply, says which and why, and keeps the last good one', () => {
    const refused = accept(complete(), 'CDS', '2', [cluster('song', 'STATIC')]);
    expect(refused.errorDetail).toBe('[resource index 0: song: unsupported cluster type STATIC]');
    expect(refused.cache.CDS).toMatchObject({ received: '2', acked: '1', rejected: '2' });
    expect(kinds(refused.cache)['CDS']).toBe('held');
  });

  it('refuses a gap between priorities', () => {
    const gap = {
      cluster_name: 'song',
      endpoints: [{ priority: 0 }, { priority: 3 }],
    };
    expect(accept(complete(), 'EDS', '2', [gap]).errorDetail).toContain(
      'endpoints have priority 3 but not 1',
    );
  });

  it('refuses a route configuration that is too large', () => {
    const routes = Array.from({ length: 1001 }, () => ({
      match: { prefix: '' },
      route: { cluster: 'song' },
    }));
    const large = { name: 'song-route', virtual_hosts: [{ domains: ['*'], routes }] };
    expect(accept(complete(), 'RDS', '2', [large]).errorDetail).toContain(
      'has 1001 routes, more than 1000',
    );
  });

  it('refuses bytes that could not be unpacked', () => {
    expect(accept(complete(), 'CDS', '2', [undefined]).errorDetail).toContain('(unreadable)');
  });

  it('applies the good ones of a response that has a bad one', () => {
    const both = new Set(['song', 'image']);
    const wanted = followReferences(complete(), both, 1000);
    const accepted = acceptResponse(
      wanted,
      'LDS',
      { versionInfo: '2', resources: [{ name: 'song' }, listener('image')] },
      'drop',
      2000,
    );
    expect(accepted.errorDetail).toContain('resource index 0');
    expect(accepted.cache.LDS.resources.get('song')?.kind).toBe('held');
    expect(accepted.cache.LDS.resources.get('image')?.kind).toBe('held');
  });

  it('remembers when the content last changed, not when it was last sent', () => {
    const cache = complete();
    const response = { versionInfo: '2', resources: [listener('song')] };
    const again = acceptResponse(cache, 'LDS', response, 'drop', 9000).cache;
    expect(again.LDS).toMatchObject({ acked: '2', changedMs: 1000 });
  });
});

describe('expireRequests', () => {
  it('takes a name that nobody answered for 15 s for missing', () => {
    expect(expireRequests(asked(), 15_000, 14_999).LDS.resources.get('song')?.kind).toBe(
      'requested',
    );
    expect(expireRequests(asked(), 15_000, 15_000).LDS.resources.get('song')?.kind).toBe('missing');
  });
});
