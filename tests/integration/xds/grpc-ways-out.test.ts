/**
 * What both gRPC clients do with the ways out of a bad configuration: rows of the observed table that do not depend on the
 * library but for what a test says.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEchoBackend } from '#tests/support/echo-backend.ts';
import { CORE_VERSION, GRPC_CORE, GRPC_JS } from '#tests/support/grpc-libraries.ts';
import type { RpcClient, RpcResult } from '#tests/support/rpc-client.ts';
import {
  catalogueOf,
  loadAssignment,
  logicalDnsCluster,
  replaced,
  startTestControlPlane,
  type TestControlPlane,
  without,
} from '#tests/support/test-control-plane.ts';

const BACKENDS = ['127.22.12.1:15131', '127.22.12.2:15131'] as const;
const DNS_BACKEND = '127.0.0.1:15132';
const TARGET = 'xds:///login';
const STUCK_MS = 4000;
/** Debian 12's and 13's: SIGSEGV as soon as the endpoints' priority is back before that of pick_first by DNS. */
const DIES_OF_RETURN = CORE_VERSION?.startsWith('1.51.') === true;

const isOk = ({ code }: RpcResult) => code === 0;
const isFailure = ({ code }: RpcResult) => code !== 0;
const isByDns = ({ from }: RpcResult) => from === DNS_BACKEND;
const isByMesh = ({ from }: RpcResult) => from !== DNS_BACKEND && from !== '';
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let plane: TestControlPlane;
let backends: { kill: () => void }[];
let dnsBackend: { kill: () => void };
let clients: RpcClient[];

beforeEach(async () => {
  clients = [];
  backends = await Promise.all(BACKENDS.map(startEchoBackend));
  dnsBackend = await startEchoBackend(DNS_BACKEND);
  plane = await startTestControlPlane();
  plane.controlPlane.applyCatalogue(catalogueOf({ login: BACKENDS }));
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  plane.stop();
  for (const backend of [...backends, dnsBackend]) backend.kill();
});

describe.each([GRPC_JS, GRPC_CORE])('$name', (library) => {
  const it = test.skipIf(!library.isInstalled);

  async function startHealthyClient(features: readonly string[] = []): Promise<RpcClient> {
    const client = library.connect(plane.address, TARGET, { features });
    clients.push(client);
    await client.waitFor(isOk, 15_000);
    return client;
  }

  /** Of clusters that are endpoints first and DNS behind them. */
  async function startClientWithFallback(): Promise<RpcClient> {
    plane.controlPlane.obey({ dnsFallback: true });
    plane.controlPlane.addFault(replaced(logicalDnsCluster('login-dns', 'localhost', 15_132)));
    return startHealthyClient();
  }

  it('E10: fails no call over removed resources when told to ignore deletions', async () => {
    const client = await startHealthyClient(['ignore_resource_deletion']);
    const removedMs = Date.now();
    plane.controlPlane.rollOut('r2', ['login'], false);
    await sleep(2000);
    expect(client.since(removedMs).length).toBeGreaterThan(20);
    expect(client.failuresSince(removedMs)).toEqual([]);
    for (const type of ['LDS', 'CDS']) {
      const push = plane.pushes.findLast((one) => one.type === type);
      expect(push).toMatchObject({ resources: 0, removed: 1, end: { kind: 'acked' } });
    }
  });

  it('E16: follows a route to a DNS cluster without a failed call, and needs no control plane then', async () => {
    const client = await startHealthyClient();
    const switchedMs = Date.now();
    plane.controlPlane.addFault(replaced(logicalDnsCluster('login-dns', 'localhost', 15_132)));
    plane.controlPlane.addFault({ kind: 'dangling-route', service: 'login', cluster: 'login-dns' });
    await client.waitFor(isByDns, 5000, switchedMs);
    plane.stop();
    const deadMs = Date.now();
    await sleep(1500);
    expect(client.since(deadMs).filter(isByDns).length).toBeGreaterThan(10);
    expect(client.failuresSince(switchedMs)).toEqual([]);
  });

  it('E21: an aggregate cluster turns to DNS when its endpoints are emptied', async () => {
    const client = await startClientWithFallback();
    const emptiedMs = Date.now();
    plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'login' });
    await client.waitFor(isByDns, 5000, emptiedMs);
    expect(client.failuresSince(emptiedMs).length).toBeLessThanOrEqual(1);
  });

  it('E21: an aggregate cluster turns to DNS when its endpoints die, with the control plane dead', async () => {
    const client = await startClientWithFallback();
    plane.stop();
    await sleep(300);
    const killedMs = Date.now();
    for (const backend of backends) backend.kill();
    await client.waitFor(isByDns, 15_000, killedMs);
    // Those under way at the kill.
    expect(client.failuresSince(killedMs).length).toBeLessThanOrEqual(2);
  });

  const returns =
    library === GRPC_CORE && DIES_OF_RETURN
      ? 'E21: endpoints that come back above DNS kill this version'
      : 'E21: an aggregate cluster is back from DNS within seconds of its endpoints';
  it(returns, async () => {
    const client = await startClientWithFallback();
    plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'login' });
    await client.waitFor(isByDns, 5000);
    const restoredMs = Date.now();
    plane.controlPlane.addFault(replaced(loadAssignment('login', BACKENDS)));
    if (library === GRPC_CORE && DIES_OF_RETURN) {
      await expect.poll(() => client.endedBy, { timeout: 5000 }).toBe('SIGSEGV');
    } else {
      await client.waitFor(isByMesh, 15_000, restoredMs);
    }
  });

  it('E22: a new channel of the same process is well where the old one is stuck', async () => {
    const client = await startHealthyClient();
    plane.controlPlane.addFault(without('LDS', 'login'));
    await client.waitFor(isFailure, 2000);
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await sleep(STUCK_MS);
    client.openChannel();
    await client.waitFor((result) => result.channel === 1 && isOk(result), 5000);
    await sleep(500);
    expect(client.since(restoredMs).length).toBeGreaterThan(10);
    expect(client.since(restoredMs).filter(isOk)).toEqual([]);
  });
});
