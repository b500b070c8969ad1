/**
 * A second, unrelated client against the same control plane: gRPC C-core 1.51.1, from Debian's python3-grpcio
 * (`apt-get install python3-grpcio`). Skipped, saying so, where it is not installed.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEchoBackend } from '#tests/support/echo-backend.ts';
import { GRPC_CORE } from '#tests/support/grpc-libraries.ts';
import { RpcClient } from '#tests/support/rpc-client.ts';
import {
  apiListener,
  catalogueOf,
  replaced,
  startTestControlPlane,
  type TestControlPlane,
  without,
} from '#tests/support/test-control-plane.ts';

const BACKENDS = ['127.22.11.1:15121', '127.22.11.2:15121'] as const;
const STUCK_MS = 4000;

if (!GRPC_CORE.isInstalled)
  console.log('gRPC C-core not tested: python3-grpcio is missing (apt-get install python3-grpcio)');

const isOk = ({ code }: { code: number }) => code === 0;
const isFailure = ({ code }: { code: number }) => code !== 0;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let plane: TestControlPlane;
let backends: { kill: () => void }[];
let client: RpcClient;

beforeEach(async () => {
  backends = await Promise.all(BACKENDS.map(startEchoBackend));
  plane = await startTestControlPlane();
  plane.controlPlane.applyCatalogue(catalogueOf({ login: BACKENDS }));
  client = RpcClient.grpcCore(plane.address, 'xds:///login');
  await client.waitFor(isOk, 15_000);
});

afterEach(async () => {
  await client.stop();
  plane.stop();
  for (const backend of backends) backend.kill();
});

describe.skipIf(!GRPC_CORE.isInstalled)(GRPC_CORE.name, () => {
  it('says who it is and calls both backends', async () => {
    await client.waitFor(({ from }) => from === BACKENDS[0], 3000);
    await client.waitFor(({ from }) => from === BACKENDS[1], 3000);
    const [stream] = plane.ads.streams;
    expect(stream?.node?.user_agent_name).toContain('gRPC C-core');
    expect(plane.pushes.every((push) => push.end?.kind === 'acked')).toBe(true);
  });

  it('fails at once on an empty endpoint list and recovers at once', async () => {
    plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'login' });
    const failure = await client.waitFor(isFailure, 2000);
    expect(failure.afterMs).toBeLessThan(500);
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await client.waitFor(isOk, 2000, restoredMs);
  });

  it('refuses a bad cluster and keeps the last good one', async () => {
    const brokenMs = Date.now();
    plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'login' });
    await sleep(1000);
    expect(plane.pushes.findLast(({ type }) => type === 'CDS')?.end?.kind).toBe('nacked');
    expect(client.failuresSince(brokenMs)).toEqual([]);
  });

  it('recovers at once after its cluster was removed and restored alike', async () => {
    plane.controlPlane.addFault(without('CDS', 'login'));
    await client.waitFor(isFailure, 2000);
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await client.waitFor(isOk, 2000, restoredMs);
  });

  it('stays broken after its listener was removed and restored alike, until the route changes', async () => {
    plane.controlPlane.addFault(without('LDS', 'login'));
    await client.waitFor(isFailure, 2000);
    const restoredMs = Date.now();
    plane.controlPlane.clearFaults();
    await sleep(STUCK_MS);
    expect(client.since(restoredMs).filter(isOk)).toEqual([]);
    const changedMs = Date.now();
    plane.controlPlane.addFault({ kind: 'oversized-route', service: 'login', routes: 1 });
    await client.waitFor(isOk, 3000, changedMs);
  });

  it('never learns that a load assignment was deleted: this dialect cannot say it', async () => {
    const removedMs = Date.now();
    plane.controlPlane.addFault(without('EDS', 'login'));
    await sleep(1500);
    expect(client.since(removedMs).length).toBeGreaterThan(10);
    expect(client.failuresSince(removedMs)).toEqual([]);
  });

  it('refuses endpoints with a gap in their priorities and goes on', async () => {
    const brokenMs = Date.now();
    plane.controlPlane.addFault({ kind: 'bad-endpoints', service: 'login' });
    await expect
      .poll(() => plane.pushes.findLast(({ type }) => type === 'EDS')?.end?.kind)
      .toBe('nacked');
    await sleep(1000);
    expect(client.failuresSince(brokenMs)).toEqual([]);
  });

  it('hangs to its deadline, new, while endpoints are never sent, and is well once they are', async () => {
    plane.controlPlane.addFault({ kind: 'mute', type: 'EDS' });
    const newcomer = RpcClient.grpcCore(plane.address, 'xds:///login', { node: 'newcomer' });
    try {
      const hanging = await newcomer.waitFor(isFailure, 15_000);
      expect(hanging.details.toLowerCase()).toContain('deadline');
      const sentMs = Date.now();
      plane.controlPlane.clearFaults();
      await newcomer.waitFor(isOk, 5000, sentMs - 1000);
    } finally {
      await newcomer.stop();
    }
  });

  it('pays a delay of each push four times when it is new, once per type', async () => {
    const delayMs = 700;
    plane.controlPlane.addFault({ kind: 'delay-pushes', ms: delayMs });
    const newcomer = RpcClient.grpcCore(plane.address, 'xds:///login', { node: 'newcomer' });
    try {
      const first = await newcomer.waitFor(isOk, 30_000);
      const firstSentAtMs = newcomer.results[0]?.sentAtMs ?? 0;
      expect(first.sentAtMs + first.afterMs - firstSentAtMs).toBeGreaterThan(4 * delayMs - 200);
    } finally {
      await newcomer.stop();
    }
  });

  it('E14b: follows a route to a missing cluster at once: calls hang to their deadline for 15 s, and then fail', async () => {
    const pushedMs = Date.now();
    plane.controlPlane.addFault({ kind: 'dangling-route', service: 'login', cluster: 'ghost' });
    const hanging = await client.waitFor(isFailure, 3000, pushedMs);
    expect(hanging.details.toLowerCase()).toContain('deadline');
    const failure = await client.waitFor(({ details }) => details.includes('ghost'), 20_000);
    const told = failure.sentAtMs + failure.afterMs - pushedMs;
    expect(told).toBeGreaterThan(14_000);
    expect(told).toBeLessThan(18_000);
    expect(client.since(hanging.sentAtMs).filter(isOk)).toEqual([]);
  });

  it('E19: takes a listener that only gained fields for new', async () => {
    plane.controlPlane.addFault({ kind: 'dangling-route', service: 'login', cluster: 'ghost' });
    const hanging = await client.waitFor(isFailure, 3000);
    expect(hanging.afterMs).toBeGreaterThan(900);
    const changedMs = Date.now();
    plane.controlPlane.addFault(replaced(apiListener('login', { maxStreamMs: 100 })));
    const shorter = await client.waitFor(({ afterMs }) => afterMs < 600, 5000, changedMs);
    expect(shorter.details.toLowerCase()).toContain('deadline');
  });
});
