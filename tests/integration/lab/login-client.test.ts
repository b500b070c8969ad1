import type { ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#lab/control-plane/policy.ts';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { fromUnixMs } from '#telemetry/time.ts';
import { postJson } from '#tests/support/http-json.ts';
import { type StoredReceiver, startStoredReceiver } from '#tests/support/otlp/stored-receiver.ts';
import { until } from '#tests/support/sidecar-bench.ts';
import { endProcess, startProcess } from '#tests/support/start-process.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const HOST = '127.27.9.2';
const GATEWAY = '127.27.10.2';
const LOGIN = '127.27.11.2';
const CATALOGUE = catalogueOf({ login: [`${LOGIN}:9090`], song: ['127.27.13.2:15006'] });

let mesh: TestControlPlane;
let dns: DnsServer;
let registry: Server;
let ingester: StoredReceiver;
let services: readonly ChildProcess[] = [];
let queries = 0;

/** The status of one login, and what gRPC said about it. */
async function logIn(): Promise<{ readonly status: number; readonly message?: string }> {
  const response = await fetch(`http://${GATEWAY}:8080/login`, {
    method: 'POST',
    body: '{"user":"somebody"}',
  });
  const { message } = (await response.json()) as { readonly message?: string };
  return { status: response.status, ...(message !== undefined && { message }) };
}

function route(mode: 'xds' | 'dns', fresh = false): Promise<unknown> {
  return postJson(`http://${GATEWAY}:8080/-/routing`, { mode, fresh });
}

/** The routing modes of the gateway's calls to login so far, sorted. */
async function loginModes(): Promise<readonly string[]> {
  const nowMs = Date.now();
  const edges = await readCallEdges(ingester.store.db, {
    startUnixNano: fromUnixMs(nowMs - 600_000),
    endUnixNano: fromUnixMs(nowMs + 1000),
  });
  return [...new Set(edges.filter((e) => e.server === 'login').map((e) => e.mode))].sort();
}

/** LDS pushes to the gateway's gRPC client that were answered. */
function ackedListenerPushes(): number {
  return mesh.pushes.filter(
    (push) => push.type === 'LDS' && push.node === 'gateway-1-grpc' && push.end?.kind === 'acked',
  ).length;
}

describe('the proxyless gRPC client of the gateway', () => {
  beforeAll(async () => {
    ingester = await startStoredReceiver();
    mesh = await startTestControlPlane({ host: HOST });
    mesh.controlPlane.applyCatalogue(CATALOGUE);
    dns = new DnsServer({
      origin: 'lab',
      ttlSeconds: 1,
      onQuery: () => {
        queries += 1;
      },
    });
    dns.applyCatalogue(CATALOGUE as Parameters<DnsServer['applyCatalogue']>[0]);
    const dnsPort = await dns.listen(0, HOST);
    registry = createServer((_, response) => response.end('{}'));
    await new Promise<void>((resolve) => registry.listen(0, HOST, () => resolve()));
    const address = registry.address();
    const registryPort = typeof address === 'object' ? address?.port : undefined;
    const env = {
      CONTROL_PLANE_XDS: mesh.address,
      DNS_ADDRESS: `${HOST}:${dnsPort}`,
      REGISTRY_URL: `http://${HOST}:${registryPort}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${ingester.http.port}`,
    };
    services = [
      await startProcess('sample-service', {
        ...env,
        SERVICE: 'login',
        INSTANCE: 'login-1',
        ADDRESS: LOGIN,
      }),
      await startProcess('sample-service', {
        ...env,
        SERVICE: 'gateway',
        INSTANCE: 'gateway-1',
        ADDRESS: GATEWAY,
      }),
    ];
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => endProcess(service, 'SIGTERM')));
    mesh.stop();
    await dns.close();
    registry.close();
    await ingester.stop();
  });

  it('logs in over xds:///login', async () => {
    await until(logIn, ({ status }) => status === 200);
  });

  it('fails when the resources of login vanish, though it acknowledged', async () => {
    const before = ackedListenerPushes();
    mesh.controlPlane.rollOut('r2', ['login'], true);
    const failed = await until(logIn, ({ status }) => status === 503);
    expect(failed.message).toContain('UNAVAILABLE');
    await until(
      async () => ackedListenerPushes(),
      (acked) => acked > before,
    );
  });

  it('logs in over DNS while its configuration is gone', async () => {
    await route('dns');
    await until(logIn, ({ status }) => status === 200);
  });

  it('stays stuck in the channel that was kept after an identical restore', async () => {
    const before = ackedListenerPushes();
    mesh.controlPlane.rollBack(false);
    await until(
      async () => ackedListenerPushes(),
      (acked) => acked > before,
    );
    await route('xds');
    for (let n = 0; n < 5; n++) expect((await logIn()).status).toBe(503);
  });

  it('is healed by a new channel', async () => {
    await route('xds', true);
    await until(logIn, ({ status }) => status === 200);
  });

  it('states on its spans how each call was routed', async () => {
    await until(loginModes, (modes) => modes.join() === 'dns,xds-live,xds-none');
  });

  it('asks the name server of the lab when its cluster falls back to DNS', async () => {
    const before = queries;
    mesh.controlPlane.obey({ ...DEFAULT_POLICY, dnsFallback: true });
    mesh.controlPlane.addFault({ kind: 'empty-endpoints', service: 'login' });
    await until(
      async () => ({ ...(await logIn()), asked: queries - before }),
      ({ status, asked }) => status === 200 && asked > 0,
    );
    for (let n = 0; n < 5; n++) expect((await logIn()).status).toBe(200);
    mesh.controlPlane.clearFaults();
  });

  it('states that it goes on from its cache when its control plane is gone', async () => {
    mesh.stop();
    const status = await until(
      async () => ({ ...(await logIn()), modes: await loginModes() }),
      ({ modes }) => modes.includes('xds-cached'),
    );
    expect(status).toMatchObject({ status: 200 });
  });
});
