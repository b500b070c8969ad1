import { describe, expect, it } from 'vitest';
import { Routing } from '#lab/sidecar/routing.ts';
import {
  acceptResponse,
  emptyCache,
  followReferences,
  type XdsCache,
} from '#lab/sidecar/xds-cache.ts';
import type { XdsType } from '#telemetry/xds-type.ts';
import { cluster, endpoints, listener, route } from '#tests/support/xds-resources.ts';

const SERVICES = new Set(['song']);
const SETTINGS = {
  staticEndpoints: new Map(),
  dnsZone: 'lab',
  dnsPort: 15_006,
  dnsServices: [],
};

function push(cache: XdsCache, type: XdsType, version: string, ...resources: object[]): XdsCache {
  const response = { versionInfo: version, resources };
  const accepted = acceptResponse(cache, type, response, 'drop', 1000).cache;
  return followReferences(accepted, SERVICES, 1000);
}

function complete(): XdsCache {
  const asked = followReferences(emptyCache(0), SERVICES, 0);
  const lds = push(asked, 'LDS', '1', listener('song'));
  const rds = push(lds, 'RDS', '2', route('song'));
  const cds = push(rds, 'CDS', '3', cluster('song'));
  return push(cds, 'EDS', '4', endpoints('song', '127.0.13.1', '127.0.13.2'));
}

async function routeFor(cache: XdsCache, connected = true) {
  const routing = new Routing(
    SETTINGS,
    () => undefined,
    () => 5000,
  );
  routing.updateXds({ cache, connected, acceptedMs: 1000 });
  return routing.find('song', 0);
}

describe('Routing', () => {
  it('names the versions that routed and the age of the configuration', async () => {
    const { route: found, configAgeMs } = await routeFor(complete());
    expect(configAgeMs).toBe(4000);
    expect(found.attributes).toEqual({
      'mesh.routing.mode': 'xds',
      'mesh.routing.source': 'stream',
      'mesh.xds.connected': true,
      'mesh.xds.lds_version': '1',
      'mesh.xds.rds_version': '2',
      'mesh.xds.cds_version': '3',
      'mesh.xds.eds_version': '4',
    });
  });

  it('routes on from the cache when the stream is lost, and says so', async () => {
    const { route: found } = await routeFor(complete(), false);
    expect(found).toMatchObject({
      kind: 'forward',
      attributes: { 'mesh.routing.source': 'cache', 'mesh.xds.connected': false },
    });
  });

  it('has no mapping for a service whose listener is gone', async () => {
    expect((await routeFor(push(complete(), 'LDS', '2'))).route).toMatchObject({
      kind: 'unroutable',
      errorType: 'no_mapping',
      detail: 'listener song does not exist',
    });
  });

  it('has no endpoints for a service whose list is empty', async () => {
    expect((await routeFor(push(complete(), 'EDS', '5', endpoints('song')))).route).toMatchObject({
      kind: 'unroutable',
      errorType: 'empty_endpoints',
    });
  });

  it('gives up on a service that nobody tells it about', async () => {
    const routing = new Routing(
      SETTINGS,
      () => undefined,
      () => 5000,
    );
    expect((await routing.find('song', 0)).route).toMatchObject({
      kind: 'unroutable',
      errorType: 'no_mapping',
      detail: 'listener song has not arrived',
    });
  });

  it('makes before it breaks: a route to a cluster on its way leaves the old one in place', async () => {
    const routing = new Routing(
      SETTINGS,
      () => undefined,
      () => 5000,
    );
    const find = () => routing.find('song', 0).then(({ route: found }) => found);
    routing.updateXds({ cache: complete(), connected: true, acceptedMs: 1000 });
    expect((await find()).kind).toBe('forward');
    const moved = push(complete(), 'RDS', '9', route('song', 'song-v2'));
    routing.updateXds({ cache: moved, connected: true, acceptedMs: 1000 });
    expect(await find()).toMatchObject({
      kind: 'forward',
      attributes: { 'mesh.xds.rds_version': '2' },
    });
  });

  it('waits for the configuration of a service that is asked for the first time', async () => {
    const wanted: string[] = [];
    const routing = new Routing(SETTINGS, (service) => wanted.push(service), Date.now);
    const found = routing.find('song', 10_000);
    expect(wanted).toEqual(['song']);
    routing.updateXds({ cache: complete(), connected: true, acceptedMs: 1000 });
    expect((await found).route.kind).toBe('forward');
  });

  it('switches the mode of one service at once, and back', async () => {
    const routing = new Routing(
      SETTINGS,
      () => undefined,
      () => 5000,
    );
    routing.updateXds({ cache: complete(), connected: true, acceptedMs: 1000 });
    await routing.find('song', 0);
    routing.switchMode('dns', ['song']);
    expect((await routing.find('song', 0)).route).toEqual({
      kind: 'forward',
      targets: [{ kind: 'name', hostname: 'song.lab', port: 15_006, weight: 1, cluster: 'song' }],
      attributes: { 'mesh.routing.mode': 'dns', 'mesh.routing.source': 'resolver' },
    });
    routing.switchMode('xds', undefined);
    expect(routing.modes()).toEqual({ song: 'xds' });
  });

  it('follows a cluster that the control plane hands over to DNS', async () => {
    const dns = {
      name: 'song',
      type: 'STRICT_DNS',
      load_assignment: { ...endpoints('song', 'song.lab') },
    };
    expect((await routeFor(push(complete(), 'CDS', '5', dns))).route).toMatchObject({
      kind: 'forward',
      targets: [{ kind: 'name', hostname: 'song.lab', port: 15_006 }],
      attributes: { 'mesh.routing.mode': 'dns', 'mesh.xds.connected': true },
    });
  });

  it('falls back inside an aggregate cluster when the first has no endpoints', async () => {
    const aggregate = {
      name: 'song',
      cluster_type: { typed_config: { clusters: ['song-eds', 'song-dns'] } },
    };
    const members = [
      { ...cluster('song-eds'), eds_cluster_config: { service_name: 'song' } },
      { name: 'song-dns', type: 'LOGICAL_DNS', load_assignment: endpoints('song', 'song.lab') },
    ];
    // The members are asked for when the aggregate names them, and come with the next response.
    const named = push(complete(), 'CDS', '5', aggregate);
    const whole = push(named, 'CDS', '5', aggregate, ...members);
    const served = push(whole, 'EDS', '5', endpoints('song', '127.0.13.1'));
    expect((await routeFor(served)).route).toMatchObject({
      targets: [{ kind: 'endpoints', behind: { kind: 'name', hostname: 'song.lab' } }],
      attributes: { 'mesh.routing.mode': 'xds' },
    });
    const empty = push(served, 'EDS', '6', endpoints('song'));
    expect((await routeFor(empty)).route).toMatchObject({
      targets: [{ kind: 'name', hostname: 'song.lab' }],
      attributes: { 'mesh.routing.mode': 'dns' },
    });
  });
});
