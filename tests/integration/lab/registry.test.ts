/** The registry and the admin APIs that feed on it, over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlPlaneHandler } from '#lab/control-plane/control-plane-http.ts';
import { type Catalogue, Registry } from '#lab/registry/registry.ts';
import { registryHandler } from '#lab/registry/registry-http.ts';
import { watchRegistry } from '#lab/registry/watch-registry.ts';
import { type Listening, serveAdmin } from '#lab/xds/admin-http.ts';
import { startTestControlPlane } from '#tests/support/test-control-plane.ts';

const HOST = '127.22.9.3';
const SONG = {
  service: 'song',
  address: '127.22.13.1',
  meshPort: 15_006,
  appPort: 8080,
  protocol: 'http',
};

let registry: Registry;
let http: Listening;
const stops: (() => unknown)[] = [];

function call(base: string, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const url = () => `http://${HOST}:${http.port}`;

async function start(settleMs = 0, ttlMs = 60_000, port = 0, expected?: number): Promise<void> {
  const full = expected === undefined ? {} : { expected };
  registry = new Registry({ ttlMs, settleMs, ...full, now: Date.now });
  http = await serveAdmin(registryHandler(registry), port, HOST);
}

function watch(): Catalogue[] {
  const seen: Catalogue[] = [];
  stops.push(watchRegistry(url(), (catalogue) => seen.push(catalogue)));
  return seen;
}

beforeEach(() => start());

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  registry.stop();
  await http.close();
});

const idsOf = (catalogue: Catalogue | undefined) => catalogue?.instances.map(({ id }) => id);

describe('the registry', () => {
  it('tells watchers the whole set first, and again at each change, but not at a heartbeat', async () => {
    await call(url(), 'PUT', '/instances/song-1', SONG);
    const seen = watch();
    await expect.poll(() => idsOf(seen.at(-1))).toEqual(['song-1']);
    await call(url(), 'PUT', '/instances/song-2', { ...SONG, address: '127.22.13.2' });
    await call(url(), 'PUT', '/instances/song-2', { ...SONG, address: '127.22.13.2' });
    await expect.poll(() => idsOf(seen.at(-1))).toEqual(['song-1', 'song-2']);
    await call(url(), 'DELETE', '/instances/song-1');
    await expect.poll(() => idsOf(seen.at(-1))).toEqual(['song-2']);
    expect(seen.length).toBe(3);
  });

  it('forgets an instance that is silent, and keeps its service', async () => {
    registry.stop();
    await http.close();
    await start(0, 200);
    await call(url(), 'PUT', '/instances/song-1', SONG);
    const seen = watch();
    await expect.poll(() => idsOf(seen.at(-1))).toEqual([]);
    expect(seen.at(-1)?.services).toEqual([{ name: 'song', protocol: 'http' }]);
  });

  it('says nothing until heartbeats bring nobody new: a part of the set would read as a deletion', async () => {
    registry.stop();
    await http.close();
    await start(1000);
    const seen = watch();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(seen, 'an empty set before anybody came').toEqual([]);
    await call(url(), 'PUT', '/instances/song-1', SONG);
    await call(url(), 'PUT', '/instances/song-2', { ...SONG, address: '127.22.13.2' });
    expect(seen).toEqual([]);
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(1);
    expect(idsOf(seen[0])).toEqual(['song-1', 'song-2']);
  });

  it('is full as soon as all are there that are expected', async () => {
    registry.stop();
    await http.close();
    await start(600_000, 60_000, 0, 2);
    const seen = watch();
    await call(url(), 'PUT', '/instances/song-1', SONG);
    expect(seen).toEqual([]);
    await call(url(), 'PUT', '/instances/song-2', { ...SONG, address: '127.22.13.2' });
    await expect.poll(() => idsOf(seen[0])).toEqual(['song-1', 'song-2']);
  });

  it('is found again by watchers after it was gone', async () => {
    const seen = watch();
    await expect.poll(() => seen.length).toBe(1);
    const { port } = http;
    registry.stop();
    await http.close();
    await start(0, 60_000, port);
    await call(url(), 'PUT', '/instances/song-1', SONG);
    await expect.poll(() => idsOf(seen.at(-1)), { timeout: 5000 }).toEqual(['song-1']);
  });

  it('refuses what is wrong, in words, and what it does not know', async () => {
    const wrong = await call(url(), 'PUT', '/instances/song-1', { ...SONG, address: 'song' });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('address');
    expect((await call(url(), 'PUT', '/instances/song-1', '{')).status).toBe(400);
    expect((await call(url(), 'DELETE', '/instances/nobody')).status).toBe(404);
    expect((await call(url(), 'GET', '/elsewhere')).status).toBe(404);
  });
});

describe('the control plane’s admin API', () => {
  async function startPlane() {
    const plane = await startTestControlPlane();
    const admin = await serveAdmin(controlPlaneHandler(plane.controlPlane, plane.ads), 0, HOST);
    stops.push(
      () => plane.stop(),
      () => admin.close(),
    );
    stops.push(watchRegistry(url(), (catalogue) => plane.controlPlane.applyCatalogue(catalogue)));
    await call(url(), 'PUT', '/instances/song-1', SONG);
    await expect.poll(() => plane.controlPlane.snapshot?.services.length).toBe(1);
    return `http://${HOST}:${admin.port}`;
  }

  it('rolls a release out that loses services, and back, once', async () => {
    const base = await startPlane();
    const lost = await call(base, 'POST', '/releases', { release: 'r2', drop: ['song'] });
    expect(await lost.json()).toMatchObject({ kind: 'published', release: 'r2', resources: 0 });
    const state = await (await call(base, 'GET', '/state')).json();
    expect(state).toMatchObject({ release: 'r2', dropped: ['song'], services: [] });
    const restored = await call(base, 'POST', '/rollback', { touched: false });
    expect(await restored.json()).toMatchObject({ kind: 'published', release: 'r1', resources: 4 });
    expect((await call(base, 'POST', '/rollback')).status).toBe(409);
  });

  it('refuses a removal that the drop guard holds back, until it is confirmed', async () => {
    const base = await startPlane();
    await call(base, 'PUT', '/policy', { dropGuardPercent: 30 });
    const held = await call(base, 'POST', '/releases', { release: 'r2', drop: ['song'] });
    expect(held.status).toBe(409);
    expect(await held.text()).toContain('removes 1 of 1 LDS resources');
    const before = await (await call(base, 'GET', '/state')).json();
    expect(before).toMatchObject({ release: 'r1', dropped: [] });
    const confirmed = { release: 'r2', drop: ['song'], confirm: true };
    expect((await call(base, 'POST', '/releases', confirmed)).status).toBe(200);
  });

  it('holds back the loss of all endpoints as well, and publishes when they return', async () => {
    const base = await startPlane();
    await call(base, 'PUT', '/policy', { dropGuardPercent: 50 });
    await call(url(), 'DELETE', '/instances/song-1');
    const held = () => call(base, 'GET', '/state').then((response) => response.json());
    await expect.poll(held).toMatchObject({
      refused: [expect.stringContaining('1 of 1 endpoints')],
      services: [{ endpoints: [{ instance: 'song-1' }] }],
    });
    await call(url(), 'PUT', '/instances/song-1', SONG);
    await expect.poll(held).toMatchObject({ refused: [] });
  });

  it('holds back the empty push that a fault makes, and keeps its policy when faults are cleared', async () => {
    const base = await startPlane();
    await call(base, 'PUT', '/policy', { dropGuardPercent: 30 });
    const { version } = await (await call(base, 'GET', '/state')).json();
    const fault = { kind: 'empty-endpoints', service: 'song' };
    const held = await call(base, 'POST', '/faults', fault);
    expect(held.status).toBe(409);
    expect(await held.text()).toContain('1 of 1 endpoints of song');
    expect((await call(base, 'DELETE', '/faults')).status).toBe(200);
    const state = await (await call(base, 'GET', '/state')).json();
    expect(state).toMatchObject({
      version,
      faults: [],
      refused: [],
      policy: { dropGuardPercent: 30 },
    });
    await call(base, 'POST', '/faults', fault);
    const confirmed = await call(base, 'POST', '/confirm');
    expect(await confirmed.json()).toMatchObject({
      kind: 'published',
      version: `${Number(version) + 1}`,
    });
  });

  it('refuses a policy that it does not know', async () => {
    const base = await startPlane();
    const wrong = await call(base, 'PUT', '/policy', { dropGuard: true });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('dropGuard');
  });

  it('freezes endpoints while instances move', async () => {
    const base = await startPlane();
    await call(base, 'POST', '/faults', { kind: 'freeze-endpoints', on: true });
    await call(url(), 'PUT', '/instances/song-1', { ...SONG, address: '127.22.13.9' });
    const addresses = async () =>
      JSON.stringify((await (await call(base, 'GET', '/state')).json()).services);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await addresses()).toContain('127.22.13.1"');
    await call(base, 'POST', '/faults', { kind: 'freeze-endpoints', on: false });
    expect(await addresses()).toContain('127.22.13.9"');
  });

  it('refuses faults that it does not know, and resources that nobody could read', async () => {
    const base = await startPlane();
    expect((await call(base, 'POST', '/faults', { kind: 'gremlins' })).status).toBe(400);
    const unreadable = {
      kind: 'replace-resource',
      resource: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name: 7 },
    };
    expect((await call(base, 'POST', '/faults', unreadable)).status).toBe(400);
    expect((await call(base, 'GET', '/nothing')).status).toBe(404);
  });
});
