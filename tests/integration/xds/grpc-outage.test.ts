/**
 * What both gRPC clients do when the control plane itself is gone, frozen or cut off: rows of the observed table, with the
 * outages cut short. C-core is Debian's python3-grpcio, and is skipped, saying so, where that is missing. The control plane is a process of its own, so that it can be killed.
 */
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Registry } from '#lab/registry/registry.ts';
import { registryHandler } from '#lab/registry/registry-http.ts';
import { TcpRelay } from '#lab/relay/tcp-relay.ts';
import { type Listening, serveAdmin } from '#lab/xds/admin-http.ts';
import { startEchoBackend } from '#tests/support/echo-backend.ts';
import { GRPC_CORE, GRPC_JS } from '#tests/support/grpc-libraries.ts';
import type { RpcClient, RpcResult } from '#tests/support/rpc-client.ts';
import { endProcess, startProcess } from '#tests/support/start-process.ts';
import { catalogueOf, startTestControlPlane } from '#tests/support/test-control-plane.ts';

const HOST = '127.23.9.1';
const XDS = `${HOST}:18000`;
const TARGET = 'xds:///login';
const OLD = '127.23.11.1:15111';
const NEW = '127.23.11.2:15111';

const isOk = ({ code }: { code: number }) => code === 0;
const isFailure = ({ code }: { code: number }) => code !== 0;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Connect = (typeof LIBRARIES)[number]['connect'];

let registry: Registry;
let registryHttp: Listening;
let plane: ChildProcess | undefined;
let clients: RpcClient[];
let backends: Map<string, { kill: () => void }>;

function register(id: string, address: string): void {
  const [host = '', port] = address.split(':');
  registry.put(id, {
    service: 'login',
    address: host,
    meshPort: 15_006,
    appPort: 8080,
    grpcPort: Number(port),
    protocol: 'grpc',
  });
}

async function startPlane(firstVersion = 10): Promise<void> {
  plane = await startProcess('control-plane', {
    CONTROL_PLANE_LISTEN: XDS,
    CONTROL_PLANE_ADMIN: `http://${HOST}:18001`,
    CONTROL_PLANE_FIRST_VERSION: `${firstVersion}`,
    REGISTRY_URL: `http://${HOST}:${registryHttp.port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:15498',
  });
}

function startWith(connect: Connect, server: string, node: string): RpcClient {
  const client = connect(server, TARGET, { node });
  clients.push(client);
  return client;
}

/** What calls end with that are made before the control plane was ever there. */
const LIBRARIES = [
  { ...GRPC_JS, unborn: /deadline/i },
  // It says at once what the other waits for.
  { ...GRPC_CORE, unborn: /UNAVAILABLE: .*refused/ },
];

async function startBackend(address: string): Promise<void> {
  backends.set(address, await startEchoBackend(address));
}

beforeEach(async () => {
  clients = [];
  backends = new Map();
  registry = new Registry({ ttlMs: 600_000, settleMs: 0, now: Date.now });
  registryHttp = await serveAdmin(registryHandler(registry), 0, HOST);
  register('login-1', OLD);
  await startBackend(OLD);
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  if (plane !== undefined) {
    plane.kill('SIGCONT');
    await endProcess(plane, 'SIGKILL');
  }
  plane = undefined;
  for (const backend of backends.values()) backend.kill();
  registry.stop();
  await registryHttp.close();
});

describe.each(LIBRARIES)('$name without its control plane', (of) => {
  const { isInstalled, connect, unborn } = of;
  const it = test.skipIf(!isInstalled);
  const startClient = (server = XDS, node = 'gateway-1-grpc') => startWith(connect, server, node);

  it('E1: fails no call while it is dead, never learns of a new backend, and takes a lower version after it', async () => {
    await startPlane(10);
    const client = startClient();
    await client.waitFor(isOk, 15_000);
    const killedMs = Date.now();
    await endProcess(plane as ChildProcess, 'SIGKILL');
    await startBackend(NEW);
    register('login-2', NEW);
    await sleep(3000);
    expect(client.since(killedMs).length).toBeGreaterThan(30);
    expect(client.failuresSince(killedMs)).toEqual([]);
    expect(client.since(killedMs).some(({ from }) => from === NEW)).toBe(false);
    await startPlane(1);
    await client.waitFor(({ from }) => from === NEW, 20_000, killedMs);
    expect(client.failuresSince(killedMs)).toEqual([]);
  });

  it('E2: a client that boots without it fails in its own way, and is well after a backoff once it is there', async () => {
    const client = startClient();
    const failure = await client.waitFor(isFailure, 15_000);
    expect(failure.details).toMatch(unborn);
    await startPlane();
    await client.waitFor(isOk, 25_000);
  });

  it('E7: notices nothing of a frozen one; a new client hangs until it thaws', async () => {
    await startPlane();
    const client = startClient();
    await client.waitFor(isOk, 15_000);
    const frozenMs = Date.now();
    plane?.kill('SIGSTOP');
    const newcomer = startClient(XDS, 'newcomer');
    const hanging = await newcomer.waitFor(isFailure, 15_000);
    expect(hanging.details.toLowerCase()).toContain('deadline');
    await sleep(3000);
    expect(newcomer.results.some(isOk)).toBe(false);
    expect(client.failuresSince(frozenMs)).toEqual([]);
    const thawedMs = Date.now();
    plane?.kill('SIGCONT');
    await newcomer.waitFor(isOk, 3000, thawedMs - 1000);
  });
});

describe.each(LIBRARIES)('$name cut off from its control plane', ({ isInstalled, connect }) => {
  const it = test.skipIf(!isInstalled);
  const startClient = (server: string, node: string) => startWith(connect, server, node);

  it('E23: fails only once the last backend it knows is gone, and the un-acknowledged push tells before that', async () => {
    const inProcess = await startTestControlPlane({ host: HOST });
    const [host = '', port] = inProcess.address.split(':');
    const relay = new TcpRelay({ host, port: Number(port) });
    const relayPort = await relay.listen({ host: HOST, port: 0 });
    try {
      inProcess.controlPlane.applyCatalogue(catalogueOf({ login: [OLD] }));
      const linked = startClient(inProcess.address, 'linked');
      const cutOff = startClient(`${HOST}:${relayPort}`, 'cut-off');
      await linked.waitFor(isOk, 15_000);
      await cutOff.waitFor(isOk, 15_000);
      relay.setFaults([{ kind: 'blackhole', onlyPorts: [] }]);
      const cutMs = Date.now();
      await startBackend(NEW);
      inProcess.controlPlane.applyCatalogue(catalogueOf({ login: [NEW] }));
      await linked.waitFor(({ from }) => from === NEW, 5000, cutMs);
      await sleep(1000);
      const pushes = inProcess.pushes.slice(-2);
      expect(pushes.find(({ node }) => node === 'linked')?.end?.kind).toBe('acked');
      expect(pushes.find(({ node }) => node === 'cut-off')?.end).toBeUndefined();
      expect(cutOff.failuresSince(cutMs)).toEqual([]);
      backends.get(OLD)?.kill();
      const killedMs = Date.now();
      // A call under way at the kill ends in its own way ("Call cancelled", "Socket closed"): those after it are refused.
      const isRefused = ({ details }: RpcResult) => /ECONNREFUSED|Connection refused/.test(details);
      await cutOff.waitFor(isRefused, 5000, killedMs);
      expect(cutOff.since(killedMs).filter(isOk)).toEqual([]);
      const healedMs = Date.now();
      relay.setFaults([]);
      const healed = await cutOff.waitFor(({ from }) => from === NEW, 5000, healedMs);
      expect(healed.sentAtMs - healedMs).toBeLessThan(3000);
      expect(linked.failuresSince(cutMs)).toEqual([]);
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
      await relay.close();
      inProcess.stop();
    }
  });
});
