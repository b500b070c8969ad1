/** What ADS promises beyond single answers: order, times to live, status, load, and bad neighbours. */
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveryResponse } from '#lab/xds/discovery.ts';
import { unpackResource } from '#lab/xds/protos.ts';
import { LRS } from '#lab/xds/services.ts';
import { DeltaProbe, deltaNames, namesOf, SotwProbe } from '#tests/support/ads-probe.ts';
import { fetchClientStatus } from '#tests/support/fetch-client-status.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const BASE = { song: ['127.22.13.1:15006'], artist: ['127.22.14.1:15006'] };
const WIDER = { ...BASE, image: ['127.22.15.1:15006'] };
const ROUTES = ['song-route', 'artist-route', 'image-route'];

let plane: TestControlPlane;
const probes: { close: () => void }[] = [];

function connect(features: readonly string[] = []): SotwProbe {
  const probe = SotwProbe.connect(plane.address, {
    id: 'probe-1',
    cluster: 'probe',
    client_features: features,
  });
  probes.push(probe);
  return probe;
}

function publish(services: Readonly<Record<string, readonly string[]>>): void {
  plane.controlPlane.applyCatalogue(catalogueOf(services, 'http'));
}

/** A client that takes all clusters and listeners, as a proxy does, with everything acknowledged. */
async function connectProxy(): Promise<{ proxy: SotwProbe; endpoints: DiscoveryResponse }> {
  const proxy = connect();
  await proxy.obtain('CDS');
  const endpoints = await proxy.obtain('EDS', ['song', 'artist']);
  await proxy.obtain('LDS');
  await proxy.obtain('RDS', ROUTES);
  return { proxy, endpoints };
}

beforeEach(async () => {
  plane = await startTestControlPlane();
  publish(BASE);
});

afterEach(() => {
  for (const probe of probes.splice(0)) probe.close();
  plane.stop();
});

describe('make before break', () => {
  it('sends new clusters and their endpoints first, and what leads to them once those are taken', async () => {
    const { proxy, endpoints: known } = await connectProxy();
    publish(WIDER);
    const clusters = await proxy.next('CDS');
    expect(namesOf(clusters)).toEqual(['artist', 'image', 'song']);
    await proxy.expectQuiet();
    proxy.ack('CDS', clusters);
    proxy.ack('EDS', known, ['song', 'artist', 'image']);
    const endpoints = await proxy.next('EDS');
    expect(namesOf(endpoints)).toContain('image');
    await proxy.expectQuiet();
    proxy.ack('EDS', endpoints, ['song', 'artist', 'image']);
    const later = [await proxy.nextOfAny(), await proxy.nextOfAny()];
    expect(later.map(({ type_url }) => type_url?.split('.').at(-1)).sort()).toEqual([
      'Listener',
      'RouteConfiguration',
    ]);
  });

  it('takes listeners away first, and their clusters once that is taken', async () => {
    const { proxy } = await connectProxy();
    publish({ song: BASE.song });
    const listeners = await proxy.next('LDS');
    expect(namesOf(listeners)).toEqual(['song']);
    await proxy.expectQuiet();
    proxy.ack('LDS', listeners);
    expect(namesOf(await proxy.next('CDS'))).toEqual(['song']);
  });

  it('keeps a removed cluster in the answer while routes still change', async () => {
    const { proxy } = await connectProxy();
    publish({ song: BASE.song, image: WIDER.image });
    const clusters = await proxy.next('CDS');
    expect(namesOf(clusters)).toEqual(['artist', 'image', 'song']);
  });

  it('does not wait for ever for a client that never asks for endpoints', async () => {
    const proxy = connect();
    await proxy.obtain('CDS');
    proxy.subscribe('LDS');
    expect(namesOf(await proxy.next('LDS'))).toEqual(['artist', 'song']);
  });
});

describe('a warming cluster', () => {
  it('gets its endpoints again after each change of it, though they are as they were', async () => {
    const { proxy } = await connectProxy();
    plane.controlPlane.rollOut('r2', [], true);
    plane.controlPlane.rollBack(true);
    const clusters = await proxy.next('CDS');
    expect(namesOf(clusters)).toEqual(['artist', 'song']);
    expect(namesOf(await proxy.next('EDS'))).toEqual(['artist', 'song']);
  });
});

describe('times to live', () => {
  const WRAPPED = 'type.googleapis.com/envoy.service.discovery.v3.Resource';

  it('reach only clients that say they know them', async () => {
    plane.controlPlane.addFault({ kind: 'resource-ttl', seconds: 30 });
    const plain = await connect().obtain('CDS');
    expect(plain.resources?.every(({ type_url }) => type_url !== WRAPPED)).toBe(true);
    const knowing = await connect(['xds.config.supports-resource-in-sotw']).obtain('CDS');
    expect(knowing.resources?.every(({ type_url }) => type_url === WRAPPED)).toBe(true);
  });

  it('are kept alive by heartbeats without content, until they are lifted', async () => {
    plane.controlPlane.addFault({ kind: 'resource-ttl', seconds: 0.6 });
    const probe = DeltaProbe.connect(plane.address, {
      id: 'probe-1',
      client_features: ['xds.config.supports-resource-ttl'],
    });
    probes.push(probe);
    const first = await probe.obtain('CDS');
    expect(first.resources?.[0]).toMatchObject({ ttl: { nanos: 600_000_000 } });
    const heartbeat = await probe.take('CDS');
    expect(deltaNames(heartbeat)).toEqual(['artist', 'song']);
    expect(heartbeat.resources?.some(({ resource }) => resource)).toBe(false);
    expect(heartbeat.resources?.map(({ version }) => version)).toEqual(
      first.resources?.map(({ version }) => version),
    );
    plane.controlPlane.clearFaults();
    let last = await probe.take('CDS');
    if (last.resources?.[0]?.ttl) last = await probe.take('CDS');
    expect(last.resources?.every(({ ttl, resource }) => !ttl && resource)).toBe(true);
    await probe.expectQuiet();
  });
});

describe('client status', () => {
  it('tells per node what it was sent, took or refused, and what it asks for in vain', async () => {
    const probe = connect();
    await probe.obtain('CDS', ['song', 'ghost']);
    probe.subscribe('EDS', ['song']);
    probe.nack('EDS', await probe.next('EDS'), ['song']);
    probe.subscribe('LDS', ['song']);
    await probe.next('LDS');
    await expect.poll(() => plane.pushes.at(-2)?.end?.kind).toBe('nacked');
    const { config } = await fetchClientStatus(plane.address, {
      node_matchers: [{ node_id: { exact: 'probe-1' } }],
    });
    const rows = config?.[0]?.generic_xds_configs?.map(({ type_url, name, config_status }) =>
      [type_url?.split('.').at(-1), name, config_status].join(' '),
    );
    expect(rows?.sort()).toEqual([
      'Cluster ghost NOT_SENT',
      'Cluster song SYNCED',
      'ClusterLoadAssignment song ERROR',
      'Listener song STALE',
    ]);
    const content = config?.[0]?.generic_xds_configs?.find(({ name }) => name === 'song');
    expect(content?.xds_config).toMatchObject({
      name: 'song',
    });
  });

  it('refuses matchers that it cannot honour', async () => {
    await expect(
      fetchClientStatus(plane.address, { node_matchers: [{ node_id: { prefix: 'pro' } }] }),
    ).rejects.toThrow('node_id exactly');
  });
});

describe('load reports', () => {
  it('are asked for every two seconds, and summed per client and cluster', async () => {
    const Lrs = makeGenericClientConstructor(LRS, 'LoadReportingService');
    const client = new Lrs(plane.address, credentials.createInsecure());
    const stream = client['StreamLoadStats']?.();
    // Cancelling ends a stream with an error on this side.
    stream.on('error', () => undefined);
    const answer = new Promise((resolve) => stream.once('data', resolve));
    stream.write({ node: { id: 'probe-1' } });
    expect(await answer).toMatchObject({
      send_all_clusters: true,
      load_reporting_interval: { seconds: '2' },
    });
    const report = {
      cluster_stats: [
        {
          cluster_name: 'song',
          upstream_locality_stats: [
            { total_issued_requests: 7, total_successful_requests: 5, total_error_requests: 2 },
          ],
        },
      ],
    };
    stream.write(report);
    stream.write(report);
    await expect
      .poll(() => plane.ads.loads.rows())
      .toMatchObject([{ node: 'probe-1', cluster: 'song', issued: 14, succeeded: 10, failed: 4 }]);
    stream.cancel();
    client.close();
  });
});

describe('a slow client', () => {
  it('costs one push per type, keeps nobody waiting, and finds the latest state', async () => {
    const slow = connect();
    slow.subscribe('EDS', ['song']);
    const unanswered = await slow.next('EDS');
    const quick = connect();
    await quick.obtain('EDS', ['song']);
    for (let port = 1; port <= 50; port += 1) {
      publish({ ...BASE, song: [`127.22.13.1:${port}`] });
      quick.ack('EDS', await quick.next('EDS'), ['song']);
    }
    expect(plane.pushes.filter(({ end }) => end === undefined).length).toBeLessThanOrEqual(2);
    slow.ack('EDS', unanswered, ['song']);
    const caughtUp = await slow.next('EDS');
    expect(JSON.stringify(caughtUp.resources?.map(unpackResource))).toContain('"port_value":50');
    await slow.expectQuiet();
  });
});
