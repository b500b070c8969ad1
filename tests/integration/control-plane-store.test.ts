import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetControlPlane } from '#store/control-plane/forget-control-plane.ts';
import { readDnsSeconds, readServerViewAt } from '#store/control-plane/read-control-plane.ts';
import { readXdsClientChanges, readXdsClientsAt } from '#store/control-plane/read-xds-clients.ts';
import { writeControlPlane } from '#store/control-plane/write-control-plane.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';
import { xdsClient } from '#tests/support/xds-clients.ts';

const DAY = 20_000 * 86_400;
const at = (second: number) => startOfSecond(unixSecond(DAY + second));
const window = (from: number, to: number) => ({ startUnixNano: at(from), endUnixNano: at(to) });

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  const write = async (second: number, changes: Partial<Parameters<typeof writeControlPlane>[2]>) =>
    writeControlPlane(store.db.prisma, unixSecond(DAY + second), {
      clients: [],
      server: undefined,
      dns: undefined,
      ...changes,
    });
  const dns = {
    service: 'dns',
    names: 6,
    queriesPerSecond: 3,
    failuresPerSecond: 0,
    lastReportUnixNano: at(10),
  };
  const server = {
    service: 'control-plane',
    version: '41',
    resources: { CDS: 5 },
    acks: 9,
    nacks: 0,
    lastReportUnixNano: at(9),
  };
  await write(10, { clients: [xdsClient('song-1'), xdsClient('gateway-1')], server, dns });
  await write(20, {
    clients: [xdsClient('song-1', { verdict: 'failing', lastReportUnixNano: at(20) })],
  });
  await write(30, {
    clients: [xdsClient('song-1', { isSilent: true, lastReportUnixNano: at(25) })],
  });
});
afterAll(() => store.stop());

describe('states of xDS clients', () => {
  const verdictsAt = async (second: number) =>
    (await readXdsClientsAt(store.db, at(second))).map(
      (client) => `${client.id} ${client.verdict}`,
    );

  it('are as they were at any second, by id', async () => {
    expect(await verdictsAt(5)).toEqual([]);
    expect(await verdictsAt(15)).toEqual(['gateway-1 in-sync', 'song-1 in-sync']);
    expect(await verdictsAt(25)).toEqual(['gateway-1 in-sync', 'song-1 failing']);
  });

  it('have reported until then, or until the last judged second, but for silent ones', async () => {
    const [gateway, song] = await readXdsClientsAt(store.db, at(40), at(35));
    expect(gateway?.lastReportUnixNano).toBe(at(35));
    expect(song?.lastReportUnixNano).toBe(at(25));
  });

  it('are read as changes, ascending, with instants unharmed', async () => {
    const changes = await readXdsClientChanges(store.db, window(10, 30));
    expect(changes.map(({ second, client }) => [second - DAY, client.id])).toEqual([
      [10, 'gateway-1'],
      [10, 'song-1'],
      [20, 'song-1'],
    ]);
    expect(changes[2]?.client).toEqual(
      xdsClient('song-1', { verdict: 'failing', lastReportUnixNano: at(20) }),
    );
  });
});

describe('forgetControlPlane', () => {
  it('keeps what is young or belongs to an incident', async () => {
    await forgetControlPlane(store.db, unixSecond(DAY + 25), [window(18, 22)]);
    const left = await readXdsClientChanges(store.db, window(0, 100));
    expect(left.map(({ second }) => second - DAY)).toEqual([20, 30]);
    expect(await readServerViewAt(store.db, at(50))).toBeUndefined();
    expect(await readDnsSeconds(store.db, window(0, 100))).toEqual([]);
  });
});
