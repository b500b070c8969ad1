/** Outlier ejection as a cluster asks for it by xDS, seen by which instance is called. */
import { createServer, type Server } from 'node:http';
import { node, tracing } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#lab/control-plane/policy.ts';
import { DnsServer } from '#lab/dns/dns-server.ts';
import type { Cluster } from '#lab/xds/resources.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import {
  BENCH_HOST,
  MESH_PORT,
  SONG_1,
  SONG_2,
  startCallerSidecar,
  until,
} from '#tests/support/sidecar-bench.ts';
import {
  catalogueOf,
  replaced,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

interface Song {
  status: number;
  served: number;
  readonly server: Server;
}

const exporter = new tracing.InMemorySpanExporter();
const provider = new node.NodeTracerProvider({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
});
let mesh: TestControlPlane;
let sidecar: Awaited<ReturnType<typeof startCallerSidecar>>;
let songs: readonly [Song, Song];

async function startSong(address: string): Promise<Song> {
  const song: Song = {
    status: 200,
    served: 0,
    server: createServer((_request, response) => {
      song.served += 1;
      response.writeHead(song.status).end('{}');
    }),
  };
  await new Promise<void>((resolve) => song.server.listen(MESH_PORT, address, resolve));
  return song;
}

/** The cluster of song with this `outlier_detection`, pushed and taken up. */
async function configure(outliers: NonNullable<Cluster['outlier_detection']>): Promise<void> {
  mesh.controlPlane.addFault(
    replaced({
      '@type': TYPE_URL.CDS,
      name: 'song',
      type: 'EDS',
      eds_cluster_config: {
        eds_config: { ads: {}, resource_api_version: 'V3' },
        service_name: 'song',
      },
      outlier_detection: outliers,
    }),
  );
  await takenUp();
}

async function takenUp(): Promise<void> {
  const version = String(mesh.controlPlane.snapshot?.version);
  await until(
    () => sidecar.dump(),
    ({ types }) => types.some(({ type, acked }) => type === 'CDS' && acked === version),
  );
}

async function call(times: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < times; n++) statuses.push((await sidecar.call()).status);
  return statuses;
}

function ejections() {
  const events = exporter.getFinishedSpans().flatMap(({ events }) => events);
  return events
    .filter(({ name }) => name === 'outlier.ejected')
    .map(({ attributes }) => attributes?.['ejection_ms']);
}

beforeAll(() => provider.register());
afterAll(() => provider.shutdown());
beforeEach(async () => {
  exporter.reset();
  songs = [await startSong(SONG_1), await startSong(SONG_2)];
  mesh = await startTestControlPlane({ host: BENCH_HOST });
  const endpoints = [SONG_1, SONG_2].map((address) => `${address}:${MESH_PORT}`);
  mesh.controlPlane.applyCatalogue(catalogueOf({ song: endpoints }, 'http'));
  sidecar = await startCallerSidecar(mesh.address, '127.0.0.1:53');
  expect(await call(1)).toEqual([200]);
});
afterEach(async () => {
  await sidecar.stop();
  mesh.stop();
  for (const { server } of songs) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

it('an instance that answers 5xx so many times in a row is called no more', async () => {
  await configure({
    consecutive_5xx: { value: 4 },
    base_ejection_time: { seconds: '600' },
    max_ejection_percent: { value: 50 },
  });
  const [bad, good] = songs;
  bad.status = 503;
  const before = bad.served;
  await until(
    () => call(1),
    () => bad.served - before === 4,
  );
  expect(new Set(await call(60))).toEqual(new Set([200]));
  expect(bad.served - before).toBe(4);
  expect(good.served).toBeGreaterThanOrEqual(60);
  expect(ejections()).toEqual([600_000]);
});

it('it is tried again after a while, and left out longer each time that it fails', async () => {
  await configure({
    consecutive_5xx: { value: 2 },
    interval: { seconds: '600' },
    base_ejection_time: { seconds: '0', nanos: 100_000_000 },
    max_ejection_percent: { value: 50 },
  });
  songs[0].status = 500;
  await until(
    () => call(1),
    () => ejections().length === 3,
  );
  expect(ejections()).toEqual([100, 200, 300]);
  songs[0].status = 200;
  const before = songs[0].served;
  await until(
    () => call(1),
    () => songs[0].served > before + 3,
  );
});

it('no more of them are left out than the cluster allows', async () => {
  await configure({
    consecutive_5xx: { value: 2 },
    base_ejection_time: { seconds: '600' },
    max_ejection_percent: { value: 50 },
  });
  for (const song of songs) song.status = 500;
  await until(
    () => call(1),
    () => ejections().length === 1,
  );
  const before = songs.map(({ served }) => served);
  expect(new Set(await call(30))).toEqual(new Set([500]));
  const more = songs.map(({ served }, n) => served - (before[n] ?? 0)).sort((a, b) => a - b);
  expect(more).toEqual([0, 30]);
});

it('an answer of 5xx ejects nobody where the cluster does not ask for it', async () => {
  songs[0].status = 500;
  await until(
    () => call(1),
    () => songs[0].served > 20,
  );
  expect(ejections()).toEqual([]);
});

it.each([
  ['are called all the same', undefined, 200],
  ['are called by nobody where the threshold is 0', 0, 503],
])('endpoints that all answered 5xx %s', async (_, panicThresholdPercent, status) => {
  mesh.controlPlane.obey({
    ...DEFAULT_POLICY,
    outlierDetection: { consecutive5xx: 2, baseEjectionSeconds: 600, maxEjectionPercent: 100 },
    ...(panicThresholdPercent !== undefined && { panicThresholdPercent }),
  });
  await takenUp();
  for (const song of songs) song.status = 500;
  await until(
    () => call(1),
    () => ejections().length === 2,
  );
  for (const song of songs) song.status = 200;
  expect(new Set(await call(20))).toEqual(new Set([status]));
});

it('endpoints that are all dead give way to DNS where the cluster falls back to it, without a control plane', async () => {
  const dns = new DnsServer({ origin: 'lab', ttlSeconds: 1, onQuery: () => undefined });
  dns.applyCatalogue(catalogueOf({ song: [`${SONG_2}:${MESH_PORT}`] }, 'http'));
  const dnsPort = await dns.listen(0, BENCH_HOST);
  try {
    await sidecar.stop();
    const [gone, alive] = songs;
    mesh.controlPlane.obey({ ...DEFAULT_POLICY, dnsFallback: true });
    mesh.controlPlane.applyCatalogue(catalogueOf({ song: [`${SONG_1}:${MESH_PORT}`] }, 'http'));
    sidecar = await startCallerSidecar(mesh.address, `${BENCH_HOST}:${dnsPort}`);
    expect(await call(1)).toEqual([200]);
    mesh.stop();
    gone.server.closeAllConnections();
    await new Promise((resolve) => gone.server.close(resolve));
    const before = alive.served;
    await until(
      () => sidecar.call(),
      ({ status }) => status === 200,
    );
    expect(await call(5)).toEqual([200, 200, 200, 200, 200]);
    expect(alive.served - before).toBeGreaterThan(5);
    const last = exporter
      .getFinishedSpans()
      .findLast(({ attributes }) => attributes['network.peer.address'] === SONG_2);
    expect(last?.attributes['mesh.routing.mode']).toBe('dns');
  } finally {
    await dns.close();
  }
});
