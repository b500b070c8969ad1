import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDatabase } from '#store/client.ts';
import { readIncident } from '#store/incidents/read-incidents.ts';
import { writeIncident } from '#store/incidents/write-incident.ts';
import { type LivedStory, liveThrough } from '#tests/support/story/live-through.ts';
import { parseLive } from '#views/live/parse-live.ts';
import { database } from '../../app/_server/database.ts';
import { GET as getControlPlane } from '../../app/api/v1/control-plane/route.ts';
import { GET as getHealth } from '../../app/api/v1/health/route.ts';
import { GET as getComparison } from '../../app/api/v1/incidents/[incidentId]/comparison/route.ts';
import { GET as getReplay } from '../../app/api/v1/incidents/[incidentId]/replay/route.ts';
import { GET as getIncident } from '../../app/api/v1/incidents/[incidentId]/route.ts';
import { GET as getIncidents } from '../../app/api/v1/incidents/route.ts';
import { GET as getLive } from '../../app/api/v1/live/route.ts';
import { GET as getShifts } from '../../app/api/v1/routing-shifts/route.ts';
import { GET as getServiceMap } from '../../app/api/v1/service-map/route.ts';
import { GET as getServices } from '../../app/api/v1/services/route.ts';
import { GET as getTrace } from '../../app/api/v1/traces/[traceId]/route.ts';
import { GET as getTraces } from '../../app/api/v1/traces/route.ts';

let lived: LivedStory;
beforeAll(async () => {
  lived = await liveThrough('march-8');
  process.env['DATABASE_URL'] = lived.store.url;
}, 120_000);
afterAll(async () => {
  await closeDatabase(database());
  await lived.stop();
});

/** Seconds of the story as the API takes them. */
const at = (second: number) => `${lived.start + second}000000000`;
const during = () => `from=${at(50)}&to=${at(60)}`;
const ask = (query = '') => new Request(`http://localhost/api/v1/x?${query}`);
const of = <K extends string>(key: K, value: string) => ({
  params: Promise.resolve({ [key]: value } as Record<K, string>),
});

describe('the API after march-8', () => {
  it('shows the map of any window: who fails, and how callees were found', async () => {
    const map = await (await getServiceMap(ask(during()))).json();
    const login = map.edges.find((edge: { id: string }) => edge.id === 'gateway->login');
    expect(login).toMatchObject({ health: 'critical', errorRatio: 1, usualMode: 'xds-live' });
    expect(login.byMode).toHaveLength(1);
    expect(login.byMode[0].mode).toBe('xds-none');
    const ids = map.nodes.map((node: { id: string }) => node.id);
    expect(ids).toEqual(['@users', 'artist', 'gateway', 'image', 'login', 'playlist', 'song']);
  });

  it('shows both views of the control plane at any second', async () => {
    const before = await (await getControlPlane(ask(`at=${at(30)}`))).json();
    expect(before).toMatchObject({ state: 'healthy', summary: '7 clients in sync with v41' });
    const view = await (await getControlPlane(ask(`at=${at(60)}`))).json();
    const verdicts = Object.fromEntries(
      view.clients.map((client: { id: string; verdict: string }) => [client.id, client.verdict]),
    );
    expect(verdicts).toMatchObject({
      'gateway-1-grpc': 'failing',
      'gateway-1': 'failing',
      'song-1': 'names-gone',
      'artist-1': 'in-sync',
    });
    expect(view.server).toMatchObject({ version: '42', release: 'r42', connectedClients: 7 });
    expect(
      view.claims.find((claim: { subject: string }) => claim.subject === 'acknowledged'),
    ).toMatchObject({
      server: 'all acknowledged',
      agrees: false,
      critical: true,
    });
    const after = await (await getControlPlane(ask(`at=${at(240)}`))).json();
    const grpc = after.clients.find((client: { id: string }) => client.id === 'gateway-1-grpc');
    expect(grpc.verdict).toBe('stuck');
  });

  it('finds failing traces, and shows one with its critical path', async () => {
    const found = await (
      await getTraces(ask(`${during()}&service=login&mode=xds-none&limit=5`))
    ).json();
    const failing = await (await getTraces(ask(`${during()}&mode=xds-none&limit=5`))).json();
    expect(found.traces).toEqual([]);
    expect(failing.traces).toHaveLength(5);
    expect(failing.hasMore).toBe(true);
    const { traceId, spanCount } = failing.traces[0];
    const trace = await (await getTrace(ask(), of('traceId', traceId))).json();
    expect(trace.spans).toHaveLength(spanCount);
    expect(trace.criticalPath.length).toBeGreaterThan(0);
  });

  it('sets an incident beside the others of its cause, with what users saw in each', async () => {
    const compare = async (id: string) => (await getComparison(ask(), of('incidentId', id))).json();
    const alone = await compare('inc-1');
    expect(alone).toMatchObject({ cause: { kind: 'configuration' }, others: [] });
    // This mesh states no safeguards, and none are made up for it.
    expect(alone.own.safeguards).toEqual({ inForce: [], absent: [] });
    const { startUnixNano, endUnixNano } = alone.own.incident;
    const map = await (await getServiceMap(ask(`from=${startUnixNano}&to=${endUnixNano}`))).json();
    const entered = map.edges.filter((edge: { client: string }) => edge.client === '@users');
    const calls = entered.reduce((sum: number, edge: { calls: number }) => sum + edge.calls, 0);
    expect(alone.own.users.total).toBe(calls);
    expect(alone.own.users.failed).toBeGreaterThan(0);
    const { db } = lived.store;
    const first = await readIncident(db, 'inc-1');
    if (first === undefined) throw new Error('the story left no incident');
    await writeIncident(db.prisma, { ...first, id: 'inc-2', number: 2 });
    try {
      const { others } = await compare('inc-1');
      expect(others).toHaveLength(1);
      expect(others[0]).toMatchObject({ incident: { id: 'inc-2' }, users: alone.own.users });
    } finally {
      await db.prisma.incident.delete({ where: { id: 'inc-2' } });
    }
    expect((await getComparison(ask(), of('incidentId', 'inc-9'))).status).toBe(404);
  });

  it('lists the incident, its shifts and its replay, with the same values', async () => {
    const { incidents } = await (await getIncidents()).json();
    const incident = await (await getIncident(ask(), of('incidentId', 'inc-1'))).json();
    expect(incidents).toEqual([incident]);
    const { shifts } = await (await getShifts(ask(`from=${at(0)}&to=${at(250)}`))).json();
    expect(shifts.length).toBeGreaterThanOrEqual(7);
    const replay = await (await getReplay(ask(), of('incidentId', 'inc-1'))).json();
    const failed = replay.errors.reduce((sum: number, count: number) => sum + count, 0);
    expect(failed).toBe(incident.failedCalls);
    expect(replay.events).toHaveLength(incident.events.length);
  });

  it('knows services and its own health', async () => {
    const { services } = await (await getServices(ask(during()))).json();
    const song = services.find((entry: { service: string }) => entry.service === 'song');
    expect(song).toMatchObject({ isOwn: false, instances: 2 });
    const health = await (await getHealth()).json();
    expect(health.spans).toBeGreaterThan(10_000);
  });

  it('says which parameter is wrong, and what is not there, as problem details', async () => {
    const bad = await getServiceMap(ask('from=now'));
    expect(bad.status).toBe(400);
    expect(bad.headers.get('content-type')).toBe('application/problem+json');
    expect((await bad.json()).errors[0].parameter).toBe('from');
    expect((await getTrace(ask(), of('traceId', 'f'.repeat(32)))).status).toBe(404);
    expect((await getTrace(ask(), of('traceId', 'x'))).status).toBe(400);
    expect((await getIncident(ask(), of('incidentId', 'inc-9'))).status).toBe(404);
  });

  it('streams snapshots, each once, to whoever listens', async () => {
    const abort = new AbortController();
    const request = new Request('http://localhost/api/v1/live', { signal: abort.signal });
    const reader = getLive(request).body!.getReader();
    const ids: string[] = [];
    for (let event = 0; event < 2; event++) {
      const text = new TextDecoder().decode((await reader.read()).value);
      const [, id = '', json = ''] = /^id: (.+)\nevent: map\ndata: (.+)\n\n$/.exec(text) ?? [];
      ids.push(id);
      const snapshot = parseLive(json);
      expect(snapshot.map.nodes.length).toBeGreaterThan(5);
      expect(snapshot.history.calls.flat().reduce((a, b) => a + b, 0)).toBeGreaterThan(1000);
      expect(snapshot.shifts.length).toBeGreaterThan(0);
    }
    expect(new Set(ids).size).toBe(2);
    abort.abort();
    await reader.cancel();
  });
});
