import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Incident } from '#analysis/incident/incident.ts';
import { readIncidents } from '#store/incidents/read-incidents.ts';
import { readRoutingShifts } from '#store/routing-shifts/read-routing-shifts.ts';
import { secondOf, startOfSecond, type UnixNano, unixSecond } from '#telemetry/time.ts';
import { type LivedStory, liveThrough } from '#tests/support/story/live-through.ts';

async function shiftsOf({ store, start }: LivedStory) {
  const shifts = await readRoutingShifts(store.db, {
    startUnixNano: startOfSecond(unixSecond(start)),
    endUnixNano: startOfSecond(unixSecond(start + 1000)),
  });
  return shifts.map((shift) => ({ ...shift, second: secondOf(shift.atUnixNano) - start }));
}

const inStory = (start: number, instant: UnixNano | undefined) =>
  instant === undefined ? undefined : Number(instant) / 1e9 - start;

function expectNear(found: number | undefined, truth: number | undefined, seconds: number): void {
  expect(found).toBeDefined();
  expect(Math.abs((found ?? 0) - (truth ?? 0))).toBeLessThanOrEqual(seconds);
}

describe('march-8, from OTLP to the incident', () => {
  let lived: LivedStory;
  let incidents: readonly Incident[];
  beforeAll(async () => {
    lived = await liveThrough('march-8', 25);
    incidents = await readIncidents(lived.store.db);
  });
  afterAll(() => lived.stop());

  it('is one incident, though the analyzer was killed every 25 seconds', () => {
    expect(incidents.map((incident) => incident.id)).toEqual(['inc-1']);
  });

  it('begins with the release and ends when the last service is back', () => {
    const { truth } = lived.story;
    const [incident] = incidents;
    expectNear(inStory(lived.start, incident?.startUnixNano), truth.start, 1);
    expectNear(inStory(lived.start, incident?.mitigatedUnixNano), truth.mitigated, 2);
    expectNear(inStory(lived.start, incident?.endUnixNano), truth.end, 2);
    expect(incident?.state).toBe('resolved');
  });

  it('is noticed within five seconds', () => {
    const found = inStory(lived.start, incidents[0]?.detectedUnixNano);
    expect((found ?? 0) - (lived.story.truth.start ?? 0)).toBeLessThanOrEqual(5);
  });

  it('says what was lost and who moved', () => {
    expect(incidents[0]).toMatchObject({
      title:
        'Mesh configuration lost: 4 of 5 names gone, artist, login, playlist and 1 more unreachable',
      severity: 1,
      firstMover: 'gateway',
      lastMover: 'playlist',
      normalDnsRatio: 0,
    });
  });

  it('reports each service’s shift within two seconds of its true second', async () => {
    const shifts = await shiftsOf(lived);
    const { toDns, toMesh } = lived.story.truth;
    for (const [direction, moves] of [
      ['to-dns', toDns],
      ['to-mesh', toMesh],
    ] as const) {
      for (const [service, second] of moves) {
        const own = shifts.filter((s) => s.client === service && s.direction === direction);
        const first = Math.min(...own.filter((s) => s.server !== 'login').map((s) => s.second));
        expectNear(first, second, 2);
      }
    }
  });
});

describe('control-plane-crash, from OTLP to the incident', () => {
  let lived: LivedStory;
  let incidents: readonly Incident[];
  beforeAll(async () => {
    lived = await liveThrough('control-plane-crash');
    incidents = await readIncidents(lived.store.db);
  });
  afterAll(() => lived.stop());

  it('is one incident that begins with the loss of the control plane', () => {
    const { truth } = lived.story;
    expect(incidents).toHaveLength(1);
    const [incident] = incidents;
    expectNear(inStory(lived.start, incident?.startUnixNano), truth.start, 2);
    expectNear(inStory(lived.start, incident?.mitigatedUnixNano), truth.mitigated, 2);
    expectNear(inStory(lived.start, incident?.endUnixNano), truth.end, 2);
    expect(incident?.title).toBe(
      'Control plane lost: 7 of 7 clients on their last configuration, song unreachable',
    );
  });

  it('knows who moved first and last', () => {
    expect(incidents[0]).toMatchObject({ firstMover: 'gateway', lastMover: 'playlist' });
  });
});

describe('a quiet mesh', () => {
  let lived: LivedStory;
  beforeAll(async () => {
    lived = await liveThrough('quiet');
  });
  afterAll(() => lived.stop());

  it('opens no incident and reports no shift', async () => {
    expect(await readIncidents(lived.store.db)).toEqual([]);
    expect(await shiftsOf(lived)).toEqual([]);
  });
});
