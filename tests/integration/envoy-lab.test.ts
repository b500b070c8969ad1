/**
 * The lab with Envoy in the place of our sidecar, through the supervisor: both great stories whole, judged by what the API
 * says. `npm run test:envoy` fetches the binary and names it in ENVOY_BIN; without that these tests are skipped.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { controlPlaneCrash } from '#lab/scenarios/control-plane-crash.ts';
import { march8 } from '#lab/scenarios/march-8.ts';
import type { Scenario } from '#lab/scenarios/scenario.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';

const ENVOY = process.env['ENVOY_BIN'];
const NOT_RUN = ENVOY === undefined ? ' (not run: no Envoy; `npm run test:envoy` gets one)' : '';
/** Real seconds that a loaded machine may add to what a scenario allows. */
const SLACK_SECONDS = 3;
const STORY_LIMIT_MS = 400_000;
/** Long enough for every edge of the lab to be called, short enough to be about now. */
const MAP_SECONDS = 10;
/** What Envoys call for their services. */
const SIDECAR_EDGES = [
  ...['artist->image', 'gateway->artist', 'gateway->image', 'gateway->playlist'],
  ...['gateway->song', 'playlist->song', 'song->artist', 'song->image'],
];

const instant = z.string().transform((text) => Number(BigInt(text) / 1_000_000n) / 1000);
const Run = z.object({
  id: z.string(),
  state: z.string(),
  startedUnixNano: instant,
  steps: z.array(
    z.object({
      title: z.string(),
      atSeconds: z.number(),
      state: z.string(),
      detail: z.string().optional(),
      atUnixNano: instant.optional(),
      doneUnixNano: instant.optional(),
    }),
  ),
});
/** A step of a run, in real seconds since 1970: as long as the machine took over it. */
interface Moment {
  readonly from: number;
  readonly to: number;
}
const Incident = z.object({
  id: z.string(),
  title: z.string(),
  state: z.string(),
  startUnixNano: instant,
  mitigatedUnixNano: instant.optional(),
  endUnixNano: instant.optional(),
  events: z.array(
    z.object({ unixNano: instant, kind: z.string(), subject: z.string(), text: z.string() }),
  ),
});
const ServiceMap = z.object({
  nodes: z.array(z.object({ id: z.string(), kind: z.string() })),
  edges: z.array(
    z.object({
      id: z.string(),
      calls: z.number(),
      byMode: z.array(z.object({ mode: z.string(), calls: z.number() })),
    }),
  ),
});
const ControlPlane = z.object({
  state: z.string(),
  clients: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      verdict: z.string(),
      reason: z.string(),
      types: z.record(z.string(), z.object({ acked: z.string().optional() })),
    }),
  ),
  server: z.object({ version: z.string().optional() }),
});

let stack: RunningStack;

async function ask<T>(schema: z.ZodType<T>, url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return schema.parse(JSON.parse(text));
}

const api = <T>(schema: z.ZodType<T>, path: string) =>
  ask(schema, `${stack.dashboardUrl}/api/v1/${path}`);

async function play(scenario: Scenario): Promise<z.infer<typeof Run>> {
  await untilNoIncident();
  const started = await ask(Run, `${stack.labUrl}/runs`, { scenario: scenario.name });
  let run = started;
  await waitFor(
    async () => {
      run = await ask(Run, `${stack.labUrl}/run`);
      return run.state !== 'running';
    },
    { limitMs: STORY_LIMIT_MS, describe: () => `${scenario.name} did not end` },
  );
  expect(run.steps.filter((step) => step.state !== 'done')).toEqual([]);
  return run;
}

/** The incident that was opened since, once it is over. */
async function resolvedIncident(since: number): Promise<z.infer<typeof Incident>> {
  const List = z.object({
    incidents: z.array(z.object({ id: z.string(), startUnixNano: instant })),
  });
  let found: z.infer<typeof Incident>[] = [];
  await waitFor(
    async () => {
      const { incidents } = await api(List, 'incidents');
      const ids = incidents.filter((one) => one.startUnixNano >= since - SLACK_SECONDS);
      found = await Promise.all(ids.map(({ id }) => api(Incident, `incidents/${id}`)));
      return found.length > 0 && found.every(({ state }) => state === 'resolved');
    },
    { limitMs: 150_000, describe: () => `no incident that ended: ${JSON.stringify(found)}` },
  );
  expect(found.map(({ title }) => title)).toHaveLength(1);
  return found[0] as z.infer<typeof Incident>;
}

/** Nothing that began before, on a machine that had much to do, may be taken for the story's own. */
async function untilNoIncident(): Promise<void> {
  const List = z.object({ incidents: z.array(z.object({ title: z.string(), state: z.string() })) });
  await expect
    .poll(
      async () =>
        (await api(List, 'incidents')).incidents.filter(({ state }) => state !== 'resolved'),
      { timeout: 150_000, interval: 1000 },
    )
    .toEqual([]);
}

/** When the scenario did what it does at `atSeconds` of its clock, which stands still while a step is being done. */
function momentOf(run: z.infer<typeof Run>, atSeconds: number): Moment {
  const step = run.steps.find((one) => one.atSeconds === atSeconds);
  if (step?.atUnixNano === undefined || step.doneUnixNano === undefined) {
    throw new Error(`no step at ${atSeconds} s was done`);
  }
  return { from: step.atUnixNano, to: step.doneUnixNano };
}

/** In seconds; 0 while the step was being done. */
const distance = (at: Moment, instant: number) => Math.max(0, at.from - instant, instant - at.to);

function expectEvent(
  incident: z.infer<typeof Incident>,
  kind: string,
  subject: RegExp,
  at: Moment,
  toleranceSeconds: number,
): void {
  const those = incident.events.filter((one) => one.kind === kind && subject.test(one.subject));
  const distances = those.map((one) => distance(at, one.unixNano));
  const told = incident.events.map((one) => `${one.unixNano - at.from} ${one.kind} ${one.subject}`);
  expect(Math.min(...distances), `${kind} ${subject}:\n${told.join('\n')}`).toBeLessThanOrEqual(
    toleranceSeconds + SLACK_SECONDS,
  );
}

/** Each step that routes, as the shift of its caller: a service's first such step begins it. */
function expectShifts(
  scenario: Scenario,
  run: z.infer<typeof Run>,
  incident: z.infer<typeof Incident>,
): void {
  for (const mode of ['dns', 'xds'] as const) {
    const routes = scenario.steps.flatMap(({ atSeconds, actions }) =>
      actions.flatMap((action) => {
        const isLogin = action.kind === 'route-login';
        if ((action.kind !== 'route' && !isLogin) || action.mode !== mode) return [];
        return [{ caller: isLogin ? 'gateway' : action.caller, atSeconds }];
      }),
    );
    for (const caller of new Set(routes.map((route) => route.caller))) {
      const first = routes.find((route) => route.caller === caller);
      const at = momentOf(run, first?.atSeconds ?? 0);
      const words = mode === 'dns' ? /goes to DNS/ : /goes to the mesh/;
      const said = incident.events.filter(
        (one) => one.kind === 'shift-began' && one.subject === caller && words.test(one.text),
      );
      const nearest = Math.min(...said.map((one) => distance(at, one.unixNano)));
      expect(nearest, `${caller} to ${mode}`).toBeLessThanOrEqual(2 + SLACK_SECONDS);
    }
  }
}

/** Names may be told one after the other, as the clients that lack them speak. */
function expectConfigLost(
  incident: z.infer<typeof Incident>,
  names: readonly string[],
  at: Moment,
): void {
  const those = incident.events.filter(({ kind }) => kind === 'config-lost');
  expect(those.flatMap(({ subject }) => subject.split(', ')).sort()).toEqual(names);
  for (const { unixNano } of those) {
    expect(distance(at, unixNano)).toBeLessThanOrEqual(2 + SLACK_SECONDS);
  }
}

/** The map of a stretch of time, in real seconds since 1970. */
const mapOf = (from: number, to: number) =>
  api(
    ServiceMap,
    `service-map?from=${BigInt(Math.round(from * 1000)) * 1_000_000n}&to=${BigInt(Math.round(to * 1000)) * 1_000_000n}`,
  );

/** How the calls between services were found, by edge; users and the gateway's own gRPC client apart. */
function modesOf(map: z.infer<typeof ServiceMap>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    map.edges
      .filter(({ id }) => !id.startsWith('@users') && id !== 'gateway->login')
      .map(({ id, byMode }) => [id, byMode.map(({ mode }) => mode).sort()]),
  );
}

async function expectSoundMesh(): Promise<void> {
  await expect
    .poll(async () => (await api(ControlPlane, 'control-plane')).state, { timeout: 60_000 })
    .toBe('healthy');
  // No address is left over: Envoys are known to stand beside their services.
  const sound = {
    services: ['artist', 'gateway', 'image', 'login', 'playlist', 'song'],
    modes: Object.fromEntries(SIDECAR_EDGES.map((id) => [id, ['xds-live']])),
  };
  const now = async () => {
    const map = await mapOf(Date.now() / 1000 - MAP_SECONDS, Date.now() / 1000);
    const services = map.nodes.filter(({ kind }) => kind !== 'users').map(({ id }) => id);
    return { services: services.sort(), modes: modesOf(map) };
  };
  await expect.poll(now, { timeout: 60_000, interval: 1000 }).toEqual(sound);
}

describe.skipIf(ENVOY === undefined)(`The lab with Envoys beside its services${NOT_RUN}`, () => {
  const start = (dataDir?: string) =>
    runStack({
      lab: true,
      flags: ['--sidecar', 'envoy'],
      env: { ENVOY_BIN: ENVOY ?? '' },
      ...(dataDir !== undefined && { dataDir }),
    });
  beforeAll(async () => {
    stack = await start();
  }, 180_000);
  afterAll(() => stack.remove(), 60_000);

  it('shows every edge on the mesh, and each Envoy in sync with a version that it was sent', async () => {
    await expect(expectSoundMesh()).resolves.toBeUndefined();
    const { clients } = await api(ControlPlane, 'control-plane');
    const envoys = clients.filter(({ kind }) => kind === 'envoy');
    expect(envoys.map(({ id }) => id)).toEqual([
      ...['artist-1', 'artist-2', 'gateway-1', 'image-1', 'login-1', 'playlist-1'],
      ...['song-1', 'song-2'],
    ]);
    for (const { types } of envoys) expect(types['CDS']?.acked).toMatch(/^\d+$/);
  }, 120_000);

  it('lives through march-8, and the incident tells it right', async () => {
    const run = await play(march8);
    const release = momentOf(run, 120);
    const incident = await resolvedIncident(release.from);
    expect(distance(release, incident.startUnixNano)).toBeLessThanOrEqual(2 + SLACK_SECONDS);
    expect(incident.title).toMatch(/^Mesh configuration lost/);
    expectEvent(incident, 'release', /control plane/, release, 2);
    expectConfigLost(incident, ['artist', 'login', 'playlist', 'song'], release);
    for (const callee of ['login', 'song', 'playlist', 'artist']) {
      expectEvent(incident, 'failures-began', new RegExp(`^gateway → ${callee}$`), release, 2);
    }
    expectShifts(march8, run, incident);
    const last = momentOf(run, 149 * 60);
    expectEvent(incident, 'mitigated', /^$/, last, 3);
    expectEvent(incident, 'config-restored', /song/, momentOf(run, 157 * 60), 3);
    // The gRPC client of the gateway gets stuck, and no Envoy does.
    const stuck = incident.events.filter(({ kind }) => kind === 'client-stuck');
    expect(new Set(stuck.map(({ subject }) => subject))).toEqual(new Set(['gateway-1-grpc']));
    expect(incident.endUnixNano).toBeGreaterThan(last.to);
    // Mitigated and not yet rolled back: what was lost goes by DNS, what was not by the mesh.
    const detour = await mapOf(last.to + 2, momentOf(run, 157 * 60).from - 0.5);
    const byMesh = new Set(['artist->image', 'gateway->image', 'song->image']);
    expect(modesOf(detour)).toEqual(
      Object.fromEntries(SIDECAR_EDGES.map((id) => [id, [byMesh.has(id) ? 'xds-live' : 'dns']])),
    );
  }, 600_000);

  it('lives through control-plane-crash, and the incident tells it right', async () => {
    const run = await play(controlPlaneCrash);
    const at = (seconds: number) => momentOf(run, seconds);
    const incident = await resolvedIncident(at(8).from);
    expect(incident.title).toMatch(/^Control plane lost/);
    expect(distance(at(8), incident.startUnixNano)).toBeLessThanOrEqual(3 + SLACK_SECONDS);
    expectEvent(incident, 'control-plane-lost', /control plane/, at(8), 3);
    expectEvent(incident, 'failures-began', /^song → artist$/, at(28), 3);
    expectShifts(controlPlaneCrash, run, incident);
    expectEvent(incident, 'mitigated', /^$/, at(50), 3);
    expectEvent(incident, 'control-plane-restored', /control plane/, at(60), 12);
    // All calls are carried on by what the Envoys last held, and the map says so.
    const cached = modesOf(await mapOf(at(8).to + 3, at(18).from - 0.5));
    expect(cached).toEqual(Object.fromEntries(SIDECAR_EDGES.map((id) => [id, ['xds-cached']])));
    const detour = modesOf(await mapOf(at(50).to + 2, at(60).from - 0.5));
    expect(detour['gateway->artist']).toEqual(['dns']);
    expect(detour['song->artist']).toEqual(['dns']);
    expect(detour['gateway->song']).toEqual(['xds-cached']);
    await expectSoundMesh();
  }, 400_000);

  it('is started again within seconds, and what its new processes hold is no step back', async () => {
    const version = async () => Number((await api(ControlPlane, 'control-plane')).server.version);
    const before = await version();
    const stopped = Date.now() / 1000;
    await stack.stop();
    stack = await start(stack.dataDir);
    await expectSoundMesh();
    expect(await version()).toBeLessThan(before);
    const List = z.object({ incidents: z.array(Incident) });
    const { incidents } = await api(List, 'incidents');
    const told = incidents.flatMap(({ events }) => events);
    expect(told.length).toBeGreaterThan(0);
    const since = told.filter(({ unixNano }) => unixNano > stopped).map(({ kind }) => kind);
    expect(since).not.toContain('version-regressed');
  }, 400_000);
});
