/**
 * Envoy itself as a client of the control plane, in both dialects. `npm run test:envoy` fetches the binary and names it in
 * ENVOY_BIN; without that these tests are skipped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { startTestControlPlane, type TestControlPlane } from '#tests/support/test-control-plane.ts';

const ENVOY = process.env['ENVOY_BIN'];
const HOST = '127.25.9.1';
const GATEWAY = '127.25.10.1';
const SONG = '127.25.13.1';
const MESH_PORT = 15_006;

let plane: TestControlPlane;
let dns: DnsServer;
let sink: Server;
let song: Server;
let envoy: ChildProcess | undefined;
let directory: string;
let exported: Buffer[];

const CATALOGUE = {
  services: [
    { name: 'gateway', protocol: 'http' as const },
    { name: 'song', protocol: 'http' as const },
  ],
  instances: [instance('gateway-1', 'gateway', GATEWAY), instance('song-1', 'song', SONG)],
};

function instance(id: string, service: string, address: string) {
  return { id, service, address, meshPort: MESH_PORT, appPort: 8080, protocol: 'http' as const };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** What the gateway's application gets from `http://song` through its Envoy. */
function callSong(): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve) => {
    const call = request(
      { host: GATEWAY, port: 15_001, path: '/songs/1', headers: { host: 'song' }, agent: false },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.on('error', (error) => resolve({ status: 0, body: error.message }));
    call.end();
  });
}

const statusOf = async () => (await callSong()).status;

function startEnvoy(api: 'GRPC' | 'DELTA_GRPC', otlpPort: number): void {
  const [, planePort] = plane.address.split(':');
  const staticCluster = (name: string, address: string, port: number, http2: boolean) => ({
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    ...(http2
      ? {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              // Notices a frozen control plane.
              explicit_http_config: {
                http2_protocol_options: {
                  connection_keepalive: { interval: '5s', timeout: '2s' },
                },
              },
            },
          },
        }
      : {}),
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address, port_value: port } } } },
          ],
        },
      ],
    },
  });
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '15s' };
  const config = {
    node: { id: 'gateway-1', cluster: 'gateway', locality: { region: 'lab', zone: 'z1' } },
    dynamic_resources: {
      ads_config: {
        api_type: api,
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      lds_config: ads,
      cds_config: ads,
    },
    static_resources: {
      clusters: [
        staticCluster('xds', HOST, Number(planePort), true),
        staticCluster('otlp', HOST, otlpPort, false),
      ],
    },
  };
  const file = path.join(directory, 'envoy.json');
  writeFileSync(file, JSON.stringify(config));
  envoy = spawn(
    ENVOY ?? '',
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
}

beforeEach(async () => {
  exported = [];
  directory = mkdtempSync(path.join(tmpdir(), 'detour-envoy-'));
  dns = new DnsServer({ origin: 'lab', ttlSeconds: 1, onQuery: () => undefined });
  const dnsPort = await dns.listen(0, HOST);
  dns.applyCatalogue(CATALOGUE);
  plane = await startTestControlPlane({
    host: HOST,
    dnsAddress: { socket_address: { address: HOST, port_value: dnsPort } },
  });
  plane.controlPlane.applyCatalogue(CATALOGUE);
  song = createServer((_request, response) => response.end('a song'));
  await listen(song, SONG, MESH_PORT);
  sink = createServer(async (incoming, response) => {
    for await (const chunk of incoming as AsyncIterable<Buffer>) exported.push(chunk);
    response.end();
  });
});

afterEach(async () => {
  if (envoy !== undefined && envoy.exitCode === null) {
    const gone = new Promise((resolve) => envoy?.once('exit', resolve));
    envoy.kill('SIGKILL');
    await gone;
  }
  plane.stop();
  await dns.close();
  for (const server of [song, sink]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(directory, { recursive: true, force: true });
});

const NOT_RUN = ENVOY === undefined ? ' (not run: no Envoy; `npm run test:envoy` gets one)' : '';

describe.skipIf(ENVOY === undefined).each(['GRPC', 'DELTA_GRPC'] as const)(
  `Envoy over %s${NOT_RUN}`,
  (api) => {
    beforeEach(async () => {
      startEnvoy(api, await listen(sink, HOST, 0));
      await expect.poll(callSong, { timeout: 20_000, interval: 100 }).toEqual({
        status: 200,
        body: 'a song',
      });
    });

    it('takes all four types and acknowledges every push', async () => {
      const [stream] = plane.ads.streams;
      expect(stream?.node?.user_agent_name).toBe('envoy');
      expect(stream?.dialect).toBe(api === 'GRPC' ? 'sotw' : 'delta');
      await expect.poll(() => plane.pushes.every(({ end }) => end?.kind === 'acked')).toBe(true);
      expect(new Set(plane.pushes.map(({ type }) => type))).toEqual(
        new Set(['CDS', 'EDS', 'LDS', 'RDS']),
      );
    });

    it('states its routing mode on the spans that it exports over OTLP', async () => {
      const sent = () => Buffer.concat(exported).toString('latin1');
      await expect.poll(sent, { timeout: 10_000 }).toMatch(/mesh\.routing\.mode.{1,12}xds/s);
      expect(sent()).toMatch(/service\.peer\.name.{1,12}song/s);
      expect(sent()).toMatch(/service\.name.{1,12}gateway/s);
      expect(sent()).toMatch(/mesh\.proxy.{1,12}sidecar/s);
    });

    it('answers 503 once the endpoints are emptied, and is well once they are back', async () => {
      plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'song' });
      await expect.poll(statusOf).toBe(503);
      plane.controlPlane.clearFaults();
      await expect.poll(statusOf).toBe(200);
    });

    it('fails when a release loses its service, and recovers with an identical restore', async () => {
      plane.controlPlane.rollOut('r2', ['song'], true);
      await expect.poll(statusOf).toBe(404);
      plane.controlPlane.rollBack(false);
      await expect.poll(statusOf).toBe(200);
    });

    it('answers 503 when a route leads to a cluster that is missing', async () => {
      plane.controlPlane.addFault({ kind: 'dangling-route', service: 'song', cluster: 'ghost' });
      await expect.poll(statusOf).toBe(503);
      plane.controlPlane.clearFaults();
      await expect.poll(statusOf).toBe(200);
    });

    it('is moved to DNS by a push without a failed request, and says so on its spans', async () => {
      const statuses = new Set<number>();
      const untilMs = Date.now() + 2500;
      plane.controlPlane.addFault({ kind: 'dns-cluster', service: 'song' });
      while (Date.now() < untilMs) statuses.add(await statusOf());
      expect([...statuses]).toEqual([200]);
      const sent = () => Buffer.concat(exported).toString('latin1');
      await expect.poll(sent, { timeout: 10_000 }).toMatch(/mesh\.routing\.mode.{1,12}dns/s);
    });

    it('goes on without its control plane', async () => {
      plane.stop();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      for (let call = 0; call < 10; call += 1) expect(await statusOf()).toBe(200);
    });
  },
);
