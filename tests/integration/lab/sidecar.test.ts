import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { node, tracing } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '#lab/xds/resources.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import {
  type Backend,
  BENCH_HOST,
  callSteadily,
  MESH_PORT,
  SONG_1,
  SONG_2,
  startBackend,
  startCallerSidecar,
  startDns,
  until,
} from '#tests/support/sidecar-bench.ts';
import {
  catalogueOf,
  replaced,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const CATALOGUE = catalogueOf(
  { song: [`${SONG_1}:${MESH_PORT}`, `${SONG_2}:${MESH_PORT}`] },
  'http',
);
const exporter = new tracing.InMemorySpanExporter();
const provider = new node.NodeTracerProvider({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
});

let backends: readonly Backend[] = [];
let dns: Awaited<ReturnType<typeof startDns>>;
let mesh: TestControlPlane;
let sidecar: Awaited<ReturnType<typeof startCallerSidecar>>;

beforeAll(async () => {
  provider.register();
  backends = [await startBackend(SONG_1), await startBackend(SONG_2)];
  dns = await startDns(SONG_1, SONG_2);
});
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.stop()));
  await dns.stop();
  await provider.shutdown();
});

function songCluster(thresholds: object): Cluster {
  return {
    '@type': TYPE_URL.CDS,
    name: 'song',
    type: 'EDS',
    eds_cluster_config: {
      eds_config: { ads: {}, resource_api_version: 'V3' },
      service_name: 'song',
    },
    circuit_breakers: { thresholds: [thresholds] },
  };
}

async function startMesh(
  rest: Parameters<typeof startCallerSidecar>[2] = {},
  loadReports = false,
): Promise<void> {
  mesh = await startTestControlPlane({ host: BENCH_HOST, loadReports });
  mesh.controlPlane.applyCatalogue(CATALOGUE);
  sidecar = await startCallerSidecar(mesh.address, dns.address, rest);
}

function clientSpans() {
  return exporter.getFinishedSpans().filter((span) => 'service.peer.name' in span.attributes);
}

describe('a sidecar and a control plane', () => {
  beforeEach(async () => {
    exporter.reset();
    await startMesh();
  });
  afterEach(async () => {
    await sidecar.stop();
    mesh.stop();
  });

  it('subscribes to a service when it is called for the first time, and spreads its requests', async () => {
    const load = callSteadily(() => sidecar.call(), 200);
    await until(
      async () => load.sent(),
      (sent) => sent > 100,
    );
    expect((await load.stop()).failed).toEqual([]);
    expect(backends.map((backend) => backend.served() > 0)).toEqual([true, true]);
    const { types } = await sidecar.dump();
    expect(types.map(({ type, acked }) => [type, acked !== undefined])).toEqual([
      ['CDS', true],
      ['EDS', true],
      ['LDS', true],
      ['RDS', true],
    ]);
  });

  it('says on each span what routed it, and hands the trace on', async () => {
    await sidecar.call();
    const span = clientSpans().at(-1);
    const { version } = mesh.controlPlane.snapshot ?? {};
    expect(span?.attributes).toMatchObject({
      'service.peer.name': 'song',
      'server.address': 'song',
      'network.peer.port': MESH_PORT,
      'http.response.status_code': 200,
      'mesh.routing.mode': 'xds',
      'mesh.routing.source': 'stream',
      'mesh.xds.connected': true,
      'mesh.xds.eds_version': String(version),
    });
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(backends.map((backend) => backend.lastHeaders()['traceparent'])).toContain(
      `00-${traceId}-${spanId}-01`,
    );
  });

  it('loses no request when the mode is switched under 500 requests a second', async () => {
    await sidecar.call();
    const load = callSteadily(() => sidecar.call(), 500);
    for (let round = 1; round <= 8; round++) {
      await until(
        async () => load.sent(),
        (sent) => sent > round * 150,
      );
      await sidecar.switchTo(round % 2 === 1 ? 'dns' : 'xds');
    }
    const { sent, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(1000);
    const modes = new Set(clientSpans().map((span) => span.attributes['mesh.routing.mode']));
    expect(modes).toEqual(new Set(['xds', 'dns']));
  });

  it('fails at once when its configuration is lost, and DNS brings the calls back', async () => {
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
    mesh.controlPlane.rollOut('r2', ['song'], true);
    await until(
      () => sidecar.call(),
      (answer) => answer.error === 'no_mapping',
    );
    const failed = clientSpans().at(-1);
    expect(failed?.attributes).toMatchObject({
      'error.type': 'no_mapping',
      'mesh.routing.mode': 'xds',
      'mesh.routing.source': 'stream',
    });
    const lds = mesh.pushes.filter((push) => push.type === 'LDS').at(-1);
    expect(lds?.end?.kind).toBe('acked');

    await sidecar.switchTo('dns');
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
    expect(
      clientSpans()
        .at(-1)
        ?.events.map((event) => event.name),
    ).toEqual(['routing.mode_changed']);
    const lookup = exporter.getFinishedSpans().find((span) => span.name === 'dns.lookup');
    expect(lookup?.attributes).toMatchObject({ 'dns.question.name': 'song.lab' });
    expect(lookup?.parentSpanContext?.spanId).toBe(clientSpans().at(-1)?.spanContext().spanId);
  });

  it('takes an identical restore up again', async () => {
    await sidecar.call();
    mesh.controlPlane.rollOut('r2', ['song'], true);
    await until(
      () => sidecar.call(),
      (answer) => answer.status === 503,
    );
    mesh.controlPlane.rollBack(false);
    await until(
      () => sidecar.call(),
      (answer) => answer.status === 200,
    );
  });

  it('refuses what it cannot apply, with the reason, and serves on', async () => {
    await sidecar.call();
    mesh.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    const dump = await until(
      () => sidecar.dump(),
      ({ types }) => types.some((type) => type.rejected !== undefined),
    );
    expect(dump.types.find((type) => type.rejected)).toMatchObject({
      type: 'CDS',
      rejectReason: expect.stringContaining('unsupported cluster type'),
    });
    const nacked = await until(
      async () => mesh.pushes.find((push) => push.end?.kind === 'nacked'),
      (push) => push !== undefined,
    );
    expect(nacked?.end).toMatchObject({
      reason: expect.stringContaining('unsupported cluster type'),
    });
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
  });

  it('turns to DNS by itself when its cluster falls back to it, and loses no request', async () => {
    mesh.controlPlane.obey({ dnsFallback: true });
    await sidecar.call();
    const load = callSteadily(() => sidecar.call(), 100);
    mesh.controlPlane.addFault({ kind: 'empty-endpoints', service: 'song' });
    await until(
      async () => clientSpans().at(-1)?.attributes['mesh.routing.mode'],
      (mode) => mode === 'dns',
    );
    expect((await load.stop()).failed).toEqual([]);
    expect(clientSpans().at(-1)?.attributes['mesh.xds.connected']).toBe(true);
  });

  it('refuses what is over the limits of a cluster, and says which limit', async () => {
    await sidecar.call();
    mesh.controlPlane.addFault(replaced(songCluster({ max_requests: { value: 0 } })));
    await until(
      () => sidecar.call(),
      (answer) => answer.error === 'overflow',
    );
    expect(clientSpans().at(-1)?.attributes).toMatchObject({
      'error.type': 'overflow',
      'mesh.circuit_breaker.limit': 'max_requests',
      'mesh.routing.mode': 'xds',
    });
  });

  it('keeps what has a time to live while the control plane speaks of it, and no longer', async () => {
    mesh.controlPlane.addFault({ kind: 'resource-ttl', seconds: 1 });
    await sidecar.call();
    const startedMs = Date.now();
    await until(
      async () => Date.now() - startedMs,
      (elapsedMs) => elapsedMs > 2500,
    );
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
    mesh.stop();
    await until(
      () => sidecar.call(),
      (answer) => answer.error === 'no_mapping',
    );
    expect(clientSpans().at(-1)?.attributes).toMatchObject({ 'mesh.xds.connected': false });
  });

  it('forgets endpoints that nobody confirms, and turns to DNS where its cluster does', async () => {
    mesh.controlPlane.obey({ dnsFallback: true, endpointTtlSeconds: 1 });
    await sidecar.call();
    mesh.stop();
    await until(
      async () => {
        expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
        return clientSpans().at(-1)?.attributes['mesh.routing.mode'];
      },
      (mode) => mode === 'dns',
    );
  });

  it('calls nobody once all are ejected, where the cluster wants no panic', async () => {
    mesh.controlPlane.obey({ dnsFallback: false, panicThresholdPercent: 0 });
    mesh.controlPlane.applyCatalogue(catalogueOf({ song: [`127.26.13.9:${MESH_PORT}`] }, 'http'));
    await until(
      () => sidecar.call(),
      (answer) => answer.error === 'no_healthy_endpoint',
    );
  });

  it('answers for a service that does not exist, and for none at all', async () => {
    expect(await sidecar.call('nobody')).toEqual({ status: 503, error: 'no_mapping' });
    expect(await sidecar.call('not a name')).toEqual({ status: 400, error: 'bad_authority' });
  });

  it('repeats a refused request elsewhere, and counts both attempts', async () => {
    const gone = `127.26.13.9:${MESH_PORT}`;
    mesh.controlPlane.applyCatalogue(
      catalogueOf({ song: [gone, `${SONG_1}:${MESH_PORT}`] }, 'http'),
    );
    // One at a time: the retry budget is for three at once, and that is not the matter here.
    const isRefused = () =>
      clientSpans().some((span) => span.attributes['error.type'] === 'connect_refused');
    while (!isRefused()) expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
  });
});

describe('a sidecar that is asked to report load', () => {
  it('tells the control plane what it sent to each cluster', async () => {
    await startMesh({}, true);
    for (let n = 0; n < 7; n++) expect((await sidecar.call()).status).toBe(200);
    const rows = await until(
      async () => mesh.ads.loads.rows(),
      (loads) => loads.some(({ issued }) => issued >= 7),
    );
    expect(rows).toMatchObject([
      { node: 'gateway-1', cluster: 'song', issued: 7, succeeded: 7, failed: 0, inProgress: 0 },
    ]);
    await sidecar.stop();
    mesh.stop();
  });
});

describe('a sidecar that keeps what it had', () => {
  it('serves on when told to keep what was deleted', async () => {
    await startMesh({ onDeletion: 'keep' });
    await sidecar.call();
    mesh.controlPlane.rollOut('r2', ['song'], true);
    await until(
      async () => mesh.pushes.filter((push) => push.type === 'LDS' && push.removed > 0),
      (pushes) => pushes.some((push) => push.end?.kind === 'acked'),
    );
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
    await sidecar.stop();
    mesh.stop();
  });

  it('starts from its boot cache while the control plane is down', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'detour-sidecar-'));
    const bootCacheFile = path.join(folder, 'gateway-1.json');
    await startMesh({ bootCacheFile });
    await sidecar.call();
    await until(
      () =>
        import('node:fs/promises').then(({ stat }) => stat(bootCacheFile).catch(() => undefined)),
      (found) => found !== undefined,
    );
    await sidecar.stop();
    mesh.stop();

    exporter.reset();
    sidecar = await startCallerSidecar(mesh.address, dns.address, { bootCacheFile });
    expect(await sidecar.call()).toEqual({ status: 200, error: undefined });
    expect(clientSpans().at(-1)?.attributes).toMatchObject({
      'mesh.routing.source': 'cache',
      'mesh.xds.connected': false,
    });
    await sidecar.stop();
    await rm(folder, { recursive: true });
  });
});
