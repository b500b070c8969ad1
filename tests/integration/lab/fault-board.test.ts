/** Faults by hand, over the admin APIs of the real parts: what is switched is what the part then says of itself. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { controlPlaneHandler } from '#lab/control-plane/control-plane-http.ts';
import { dnsHandler } from '#lab/dns/dns-http.ts';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { relayHandler } from '#lab/relay/relay-http.ts';
import { TcpRelay } from '#lab/relay/tcp-relay.ts';
import { FaultBoard } from '#lab/scenarios/fault-board.ts';
import { createHttpService } from '#lab/services/http-service.ts';
import { ServiceFaults } from '#lab/services/service-faults.ts';
import { type Listening, serveAdmin } from '#lab/xds/admin-http.ts';
import { listen } from '#lab/xds/http-server.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const HOST = '127.22.9.1';
const SONGS = ['127.22.13.1', '127.22.13.2'];

let plane: TestControlPlane;
let dns: DnsServer;
let admins: Listening[];
let songs: Server[];
let board: FaultBoard;

beforeEach(async () => {
  plane = await startTestControlPlane({ host: HOST });
  plane.controlPlane.applyCatalogue(catalogueOf({ song: SONGS.map((one) => `${one}:15006`) }));
  dns = new DnsServer({ origin: 'lab', ttlSeconds: 1, onQuery: () => undefined });
  const relay = new TcpRelay({ host: HOST, port: 1 });
  const link = {
    name: 'xds',
    connections: () => relay.connections,
    setFaults: relay.setFaults.bind(relay),
    reset: () => relay.reset(),
  };
  admins = [
    await serveAdmin(controlPlaneHandler(plane.controlPlane, plane.ads), 0, HOST),
    await serveAdmin(dnsHandler(dns), 0, HOST),
    await serveAdmin(relayHandler([link]), 0, HOST),
  ];
  songs = SONGS.map(() => createHttpService(new ServiceFaults(() => 0.5).apply([])));
  let appPort = 0;
  for (const [i, server] of songs.entries()) {
    await listen(server, appPort, SONGS[i] ?? '');
    appPort = (server.address() as AddressInfo).port;
  }
  const [controlPlaneAdmin = '', dnsAdmin = '', relayAdmin = ''] = admins.map(
    ({ port }) => `http://${HOST}:${port}`,
  );
  const instances = SONGS.map((address, i) => ({
    service: 'song',
    instance: `song-${i + 1}`,
    address,
  }));
  board = new FaultBoard({ controlPlaneAdmin, dnsAdmin, relayAdmin, instances, appPort });
});

afterEach(async () => {
  for (const admin of admins) await admin.close();
  for (const server of songs) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  plane.stop();
});

async function whatIsOn(): Promise<readonly string[]> {
  return (await board.read()).flatMap(({ id, on }) =>
    (on ?? ['?']).map((target) => `${id} ${target}`.trim()),
  );
}

it('switches every fault on and off again, each without the others', async () => {
  const faults = await board.read();
  const switches = faults.map(({ id, targets }) => ({ id, target: targets[0] ?? '' }));
  for (const { id, target } of switches) await board.set(id, target, true);
  const all = switches.map(({ id, target }) => `${id} ${target}`.trim());
  expect(await whatIsOn()).toEqual(all);
  for (const [i, { id, target }] of switches.entries()) {
    await board.set(id, target, false);
    expect(await whatIsOn()).toEqual(all.slice(i + 1));
  }
});

it('reads what another hand has set', async () => {
  dns.setFaults([{ kind: 'latency', ms: 5 }]);
  plane.controlPlane.addFault({ kind: 'empty-endpoints', service: 'song' });
  expect(await whatIsOn()).toEqual(['empty-endpoints song', 'dns-latency']);
});

it('does not guess the state of a part that does not answer', async () => {
  await admins[1]?.close();
  const states = await board.read();
  expect(states.filter(({ part }) => part === 'dns').every(({ on }) => on === undefined)).toBe(
    true,
  );
  expect(states.filter(({ part }) => part === 'relay').every(({ on }) => on?.length === 0)).toBe(
    true,
  );
});

it('refuses what it has no switch for', async () => {
  await expect(board.set('meteor', '', true)).rejects.toThrow('no fault is called meteor');
  await expect(board.set('bad-cluster', 'nobody', true)).rejects.toThrow('one of song');
  await expect(board.set('blackhole', 'nowhere', true)).rejects.toThrow('name the link');
});
