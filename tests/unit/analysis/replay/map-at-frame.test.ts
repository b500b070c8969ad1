import { describe, expect, it } from 'vitest';
import type { DnsView } from '#analysis/control-plane/xds-client.ts';
import { buildReplayTimeline, type ReplayInput } from '#analysis/replay/build-replay-timeline.ts';
import { frameAt, frameStart, mapAtFrame } from '#analysis/replay/map-at-frame.ts';
import { momentWindow } from '#analysis/service-map/moment-window.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { startOfSecond, unixNano, unixSecond } from '#telemetry/time.ts';
import { edgeSeconds } from '#tests/support/calls.ts';
import { xdsClient } from '#tests/support/xds-clients.ts';

const START = 1000;
const at = (second: number) => startOfSecond(unixSecond(START + second));
const second = (frame: number) => unixSecond(START + frame);

function dnsView(names: number, queriesPerSecond: number, failuresPerSecond: number): DnsView {
  return {
    service: 'dns',
    names,
    queriesPerSecond,
    failuresPerSecond,
    lastReportUnixNano: at(0),
  };
}

/** 20 s of mesh, 20 s without an address, 20 s by DNS. */
function timelineOf(rest: Partial<ReplayInput> = {}) {
  const seconds = (from: number, to: number, more: Parameters<typeof edgeSeconds>[4]) =>
    edgeSeconds(START + from, START + to, 'gateway -> song', 4, more);
  return buildReplayTimeline({
    startSecond: unixSecond(START),
    frames: 60,
    incidentStartUnixNano: at(20),
    edgeSeconds: [
      ...seconds(0, 20, {}),
      ...seconds(20, 40, { mode: 'xds-none', errors: 4, ms: 1 }),
      ...seconds(40, 60, { mode: 'dns', ms: 9 }),
      ...edgeSeconds(START, START + 60, 'detour-analyzer -> postgres', 9),
    ],
    instances: ['song-1', 'song-2'].map((instance) => ({
      service: 'song',
      instance,
      firstSecond: second(0),
      lastSecond: second(59),
    })),
    clientChanges: [
      { second: unixSecond(START - 30), client: xdsClient('gateway-1') },
      { second: second(21), client: xdsClient('gateway-1', { verdict: 'failing' }) },
      { second: second(44), client: xdsClient('gateway-1', { verdict: 'names-gone' }) },
    ],
    serverChanges: [
      {
        second: unixSecond(START - 30),
        server: { version: '41', resources: {}, acks: 4, nacks: 0 },
      },
      {
        second: second(50),
        server: { version: '41', resources: {}, acks: 4, nacks: 0, silentSinceUnixNano: at(46) },
      },
    ],
    dnsSeconds: [
      { second: second(5), dns: dnsView(2, 0, 0) },
      { second: second(45), dns: dnsView(6, 7, 3) },
    ],
    pushes: [],
    releases: [],
    slowdowns: [],
    events: [
      {
        unixNano: at(20),
        kind: 'failures-began',
        subject: 'gateway → song',
        text: '',
        evidence: '',
      },
    ],
    ...rest,
  });
}

const edgeOf = (map: ServiceMap) => map.edges.find((edge) => edge.id === 'gateway->song');

describe('mapAtFrame', () => {
  it('shows the mesh before, the failure during and DNS after', () => {
    const timeline = timelineOf();
    expect(edgeOf(mapAtFrame(timeline, 15))).toMatchObject({ health: 'ok', callsPerSecond: 4 });
    expect(edgeOf(mapAtFrame(timeline, 30))).toMatchObject({ health: 'critical', errorRatio: 1 });
    expect(edgeOf(mapAtFrame(timeline, 50))).toMatchObject({
      health: 'ok',
      usualMode: 'xds-live',
      byMode: [{ mode: 'dns', calls: 20, errors: 0 }],
    });
  });

  it('shows what the live map showed: the last five seconds, the first frame by itself', () => {
    const timeline = timelineOf();
    expect(edgeOf(mapAtFrame(timeline, 21))).toMatchObject({ calls: 20, errors: 8 });
    expect(mapAtFrame(timeline, 0).window).toEqual({ startUnixNano: at(0), endUnixNano: at(1) });
  });

  it('spans the seconds that the map spans at the same instant', () => {
    const timeline = timelineOf();
    for (const instant of [at(30), unixNano(at(31) - 1n)]) {
      const frame = frameAt(timeline, instant);
      expect(mapAtFrame(timeline, frame).window).toEqual(momentWindow(instant));
    }
  });

  it('holds the same nodes and edges on every frame, so that nothing moves', () => {
    const timeline = timelineOf();
    const ids = (frame: number) => mapAtFrame(timeline, frame).nodes.map((node) => node.id);
    for (let frame = 0; frame < 60; frame++) expect(ids(frame)).toEqual(['gateway', 'song']);
  });

  it('depends on the frame alone, not on the way to it', () => {
    const timeline = timelineOf();
    const played = Array.from({ length: 60 }, (_, frame) => mapAtFrame(timeline, frame));
    for (const frame of [59, 3, 41, 20]) expect(mapAtFrame(timeline, frame)).toEqual(played[frame]);
  });

  it('shows each client as it was then, having reported until then', () => {
    const timeline = timelineOf();
    const clientAt = (frame: number) => mapAtFrame(timeline, frame).controlPlane.clients[0];
    expect(clientAt(20)?.verdict).toBe('in-sync');
    expect(clientAt(21)?.verdict).toBe('failing');
    expect(clientAt(59)?.verdict).toBe('names-gone');
    expect(clientAt(30)?.lastReportUnixNano).toBe(at(31) - 1n);
  });

  it('shows the DNS servers as they were then, and since when they are silent', () => {
    const timeline = timelineOf();
    const dnsAt = (frame: number) => mapAtFrame(timeline, frame).dns;
    expect(dnsAt(4)).toBeUndefined();
    expect(dnsAt(44)).toMatchObject({ names: 2, lastReportUnixNano: at(5) });
    expect(dnsAt(45)).toMatchObject({ names: 6, queriesPerSecond: 7, failuresPerSecond: 3 });
    expect(dnsAt(59)).toMatchObject({ failuresPerSecond: 3, lastReportUnixNano: at(45) });
  });

  it('keeps latency with what it has: one quantile', () => {
    const edge = edgeOf(mapAtFrame(timelineOf(), 50));
    expect((edge?.p95Ns ?? 0) / 1e6).toBeCloseTo(9, -0.5);
    expect(edge && 'p50Ns' in edge).toBe(false);
  });
});

describe('buildReplayTimeline', () => {
  it('counts clients in trouble, and hears the control plane, frame by frame', () => {
    const timeline = timelineOf();
    expect(timeline.clientsInTrouble.slice(19, 23)).toEqual([0, 0, 1, 1]);
    expect(timeline.clientsInTrouble[45]).toBe(0);
    expect(timeline.clientsSeen[0]).toBe(1);
    expect([timeline.serverSays[10], timeline.serverSays[55]]).toEqual([1, 3]);
  });

  it('puts events on their frames, and leaves Detour’s own calls out', () => {
    const timeline = timelineOf();
    expect(timeline.events[0]?.frame).toBe(20);
    expect(timeline.edges.map((edge) => edge.mode)).toEqual(['dns', 'xds-live', 'xds-none']);
  });

  it('costs little for the 155 minutes of 8 March', () => {
    const frames = 9300;
    const timeline = timelineOf({
      frames,
      edgeSeconds: edgeSeconds(START, START + frames, 'gateway -> song', 4),
    });
    expect(
      JSON.stringify(timeline.calls).length + JSON.stringify(timeline.p95Us).length,
    ).toBeLessThan(100_000);
  });
});

describe('frameAt', () => {
  it('finds the frame of an instant, and the nearest one outside', () => {
    const timeline = timelineOf();
    expect(frameAt(timeline, unixNano(at(20) + 5n))).toBe(20);
    expect(frameAt(timeline, at(-5))).toBe(0);
    expect(frameAt(timeline, at(500))).toBe(59);
    expect(frameStart(timeline, 20)).toBe(at(20));
  });
});
