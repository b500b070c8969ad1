/**
 * What grpc-js-xds 1.14.1 does when its configuration goes wrong while the control plane is up. Each test is a row of the
 * observed table that the lab's scenarios rest on; times are bounds with room for a slow machine.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import { startEchoBackend } from '#tests/support/echo-backend.ts';
import { fetchClientStatus } from '#tests/support/fetch-client-status.ts';
import { RpcClient } from '#tests/support/rpc-client.ts';
import {
  apiListener,
  catalogueOf,
  replaced,
  startTestControlPlane,
  type TestControlPlane,
  without,
} from '#tests/support/test-control-plane.ts';

const BACKENDS = ['127.22.11.1:15101', '127.22.11.2:15101'] as const;
const CSDS_ADDRESS = '127.22.9.1:15190';
const LIVE = catalogueOf({ login: BACKENDS });
/** A fault reached the client, and it stayed like that: long against the milliseconds that a recovery takes. */
const STUCK_MS = 4000;
const TARGET = 'xds:///login';

const isOk = ({ code }: { code: number }) => code === 0;
const isFailure = ({ code }: { code: number }) => code !== 0;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let plane: TestControlPlane;
let backends: { kill: () => void }[];
let clients: RpcClient[];

function startClient(options: Parameters<typeof RpcClient.grpcJs>[2] = {}): RpcClient {
  const client = RpcClient.grpcJs(plane.address, TARGET, options);
  clients.push(client);
  return client;
}

/** A client with a good map, calling happily. */
async function startHealthyClient(
  options: Parameters<typeof RpcClient.grpcJs>[2] = {},
): Promise<RpcClient> {
  const client = startClient(options);
  await client.waitFor(isOk, 15_000);
  return client;
}

function lastPush(type: string) {
  return plane.pushes.findLast((push) => push.type === type);
}

/** What the client itself says it has, through its own status service. */
async function listenerVersion(): Promise<string | undefined> {
  const { config } = await fetchClientStatus(CSDS_ADDRESS);
  // The client leaves the host of the type URL out.
  return config?.[0]?.generic_xds_configs?.find(
    ({ type_url }) => type_url !== undefined && TYPE_URL.LDS.endsWith(`/${type_url}`),
  )?.version_info;
}

beforeEach(async () => {
  clients = [];
  backends = await Promise.all(BACKENDS.map(startEchoBackend));
  plane = await startTestControlPlane();
  plane.controlPlane.applyCatalogue(LIVE);
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.stop()));
  plane.stop();
  for (const backend of backends) backend.kill();
});

describe('grpc-js-xds', () => {
  it('E3: acknowledges an empty endpoint list, fails at once and recovers at once', async () => {
    const client = await startHealthyClient();
    plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'login' });
    const failure = await client.waitFor(isFailure, 2000);
    expect(failure.details).toContain('empty');
    expect(failure.afterMs).toBeLessThan(500);
    expect(lastPush('EDS')?.end?.kind).toBe('acked');
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await client.waitFor(isOk, 2000, restoredMs);
  });

  it('E4: stays broken after its listener was removed and restored alike', async () => {
    const client = await startHealthyClient();
    plane.controlPlane.addFault(without('LDS', 'login'));
    await client.waitFor(isFailure, 2000);
    expect(lastPush('LDS')?.end?.kind).toBe('acked');
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await sleep(STUCK_MS);
    expect(client.since(restoredMs).filter(isOk)).toEqual([]);
    expect(lastPush('LDS')).toMatchObject({ resources: 1, end: { kind: 'acked' } });
  });

  it('E5: stays broken after its cluster was removed and restored alike', async () => {
    const client = await startHealthyClient();
    plane.controlPlane.addFault(without('CDS', 'login'));
    const failure = await client.waitFor(isFailure, 2000);
    expect(failure.details).toContain('Cluster resource login does not exist');
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await sleep(STUCK_MS);
    expect(client.since(restoredMs).filter(isOk)).toEqual([]);
    expect(lastPush('CDS')).toMatchObject({ resources: 1, end: { kind: 'acked' } });
  });

  it('a release that drops its service leaves it stuck, unless the rollback touches what it restores', async () => {
    const client = await startHealthyClient();
    plane.controlPlane.rollOut('r2', ['login'], false);
    await client.waitFor(isFailure, 2000);
    const alikeMs = Date.now();
    plane.controlPlane.rollBack(false);
    await sleep(STUCK_MS);
    expect(client.since(alikeMs).filter(isOk)).toEqual([]);
    plane.controlPlane.rollOut('r2', ['login'], false);
    await sleep(200);
    const touchedMs = Date.now();
    plane.controlPlane.rollBack(true);
    await client.waitFor(isOk, 2000, touchedMs);
  });

  it('E6: refuses a cluster type it cannot use and keeps the last good one; a new client fails with the same words', async () => {
    const client = await startHealthyClient();
    const brokenMs = Date.now();
    plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'login' });
    const newcomer = startClient({ node: 'newcomer' });
    const failure = await newcomer.waitFor(isFailure, 15_000);
    expect(failure.details).toContain('Unsupported type STATIC');
    expect(client.failuresSince(brokenMs)).toEqual([]);
    const push = plane.pushes.findLast(({ type, node }) => type === 'CDS' && node !== 'newcomer');
    expect(push?.end).toMatchObject({ kind: 'nacked' });
    expect(push?.end?.kind === 'nacked' && push.end.reason).toContain('Unsupported type STATIC');
    const fixedMs = Date.now();
    plane.controlPlane.clearFaults();
    await newcomer.waitFor(isOk, 3000, fixedMs);
    expect(client.failuresSince(brokenMs)).toEqual([]);
  });

  it('E8: a new client hangs to its deadline while endpoints are never sent, and is well once they are', async () => {
    plane.controlPlane.addFault({ kind: 'mute', type: 'EDS' });
    const client = startClient();
    const hanging = await client.waitFor(isFailure, 15_000);
    expect(hanging.details.toLowerCase()).toContain('deadline');
    expect(hanging.afterMs).toBeGreaterThan(900);
    const sentMs = Date.now();
    plane.controlPlane.clearFaults();
    await client.waitFor(isOk, 3000, sentMs - 1000);
  });

  it('E9: a delay of each push is paid four times by a new client, once per type', async () => {
    const delayMs = 700;
    plane.controlPlane.addFault({ kind: 'delay-pushes', ms: delayMs });
    const client = startClient();
    const first = await client.waitFor(isOk, 30_000);
    const firstSentAtMs = client.results[0]?.sentAtMs ?? 0;
    expect(first.sentAtMs + first.afterMs - firstSentAtMs).toBeGreaterThan(4 * delayMs - 200);
  });

  it('E14a: never learns that a load assignment was deleted: this dialect cannot say it', async () => {
    const client = await startHealthyClient();
    const removedMs = Date.now();
    plane.controlPlane.addFault(without('EDS', 'login'));
    await sleep(1500);
    expect(client.failuresSince(removedMs)).toEqual([]);
  });

  it('E14b: keeps an old route for 15 s when the new one leads to a cluster that is missing', async () => {
    const client = await startHealthyClient();
    const pushedMs = Date.now();
    plane.controlPlane.addFault({ kind: 'dangling-route', service: 'login', cluster: 'ghost' });
    const failure = await client.waitFor(isFailure, 20_000);
    expect(failure.details).toContain('ghost');
    expect(failure.sentAtMs - pushedMs).toBeGreaterThan(14_000);
    expect(failure.sentAtMs - pushedMs).toBeLessThan(17_000);
  });

  it('E15: refuses endpoints with a gap in their priorities and goes on', async () => {
    const client = await startHealthyClient();
    const brokenMs = Date.now();
    plane.controlPlane.addFault({ kind: 'bad-endpoints', service: 'login' });
    await sleep(1000);
    expect(client.failuresSince(brokenMs)).toEqual([]);
    const end = lastPush('EDS')?.end;
    expect(end?.kind === 'nacked' && end.reason).toContain('Endpoints have priority 3 but not 2');
  });

  it('E19: takes a listener that only gained fields for the one it has, and one that differs for new', async () => {
    await startHealthyClient({ csds: CSDS_ADDRESS });
    const before = await listenerVersion();
    plane.controlPlane.addFault(replaced(apiListener('login', { maxStreamMs: 31_000 })));
    await expect.poll(() => lastPush('LDS')?.end?.kind).toBe('acked');
    expect(lastPush('LDS')?.version).toBeGreaterThan(Number(before));
    expect(await listenerVersion()).toBe(before);
    plane.controlPlane.addFault(replaced(apiListener('login', { statPrefix: 'other' })));
    await expect.poll(listenerVersion).toBe(`${lastPush('LDS')?.version}`);
  });
});
