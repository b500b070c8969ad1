import { describe, expect, it } from 'vitest';
import type { ControlPlaneView, Push } from '#analysis/control-plane/xds-client.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import { judgeSecond } from '#analysis/incident/open-incidents.ts';
import { detectRoutingShift, toRoutingSeconds } from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { secondOf, startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edgeSeconds } from '#tests/support/calls.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { controlPlane, xdsClient } from '#tests/support/xds-clients.ts';

const CALM = (second: number): ControlPlaneView =>
  controlPlane(second, [xdsClient('gateway-1'), xdsClient('song-1')]);

/** Judges second after second as the analyzer does; resolved incidents are put aside. */
function judge(
  seconds: number,
  edges: readonly CallEdgeSecond[],
  viewAt: (second: number) => ControlPlaneView = CALM,
  beforeEach: (current: Incident | undefined) => Incident | undefined = (current) => current,
): readonly Incident[] {
  const done: Incident[] = [];
  const shifts = new Map<string, RoutingShift>();
  let current: Incident | undefined;
  for (let second = 0; second < seconds; second++) {
    const window = edges.filter((e) => e.second <= second && e.second > second - 120);
    for (const [id, list] of toRoutingSeconds(window)) {
      const [client = '', server = ''] = id.split('->');
      const known = [...shifts.values()].filter((s) => s.client === client && s.server === server);
      const nowUnixNano = startOfSecond(unixSecond(second + 1));
      const shift = detectRoutingShift({ client, server, seconds: list, known, nowUnixNano });
      if (shift !== undefined) shifts.set(shift.id, shift);
    }
    current = judgeSecond({
      second: unixSecond(second),
      edges: window,
      controlPlane: viewAt(second),
      shifts: [...shifts.values()],
      current: beforeEach(current),
      quietSinceUnixNano: done.at(-1)?.endUnixNano,
      nextNumber: done.length + 1,
    });
    if (current?.state === 'resolved') {
      done.push(current);
      current = undefined;
    }
  }
  return current === undefined ? done : [...done, current];
}

const at = (second: number) => startOfSecond(unixSecond(second));
const kindsOf = (incident: Incident | undefined) => incident?.events.map((event) => event.kind);
const textOf = (events: Incident['events'] = []) =>
  events.map((e) => `${secondOf(e.unixNano)} ${e.kind} ${e.subject}`);

describe('judgeSecond', () => {
  it('opens nothing over quiet traffic with stray errors', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const edges = Array.from({ length: 300 }, (_, second) =>
        ['@users -> gateway', 'gateway -> song', 'gateway -> login'].flatMap((pair) => {
          const calls = Math.floor(random() * 8);
          const errors = random() < 0.02 ? Math.min(1, calls) : 0;
          return edgeSeconds(second, second + 1, pair, calls, { errors }).filter(
            (e) => e.calls > 0,
          );
        }),
      ).flat();
      expect(judge(300, edges)).toEqual([]);
    }
  }, 300_000);

  it('takes a normal share of DNS for no alarm', () => {
    const edges = [
      ...edgeSeconds(0, 200, 'gateway -> song', 5),
      ...edgeSeconds(0, 200, 'artist -> image', 5, { mode: 'dns' }),
    ];
    expect(judge(200, edges)).toEqual([]);
  });

  it('takes one bad second for no incident', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 61, 'gateway -> song', 5, { errors: 5 }),
      ...edgeSeconds(61, 120, 'gateway -> song', 5),
    ];
    expect(judge(120, edges)).toEqual([]);
  });

  it('opens on failing calls within a few seconds, dated back to the first of them', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 90, 'gateway -> song', 5, { errors: 4 }),
    ];
    const [incident] = judge(90, edges);
    expect(secondOf(incident!.startUnixNano)).toBe(60);
    expect(secondOf(incident!.detectedUnixNano) - 60).toBeLessThanOrEqual(4);
    expect(incident?.state).toBe('open');
    expect(incident?.title).toBe('Calls to song fail: 80% of those from gateway');
  });

  it('is dated back when a slower edge turns out to have failed first', () => {
    const edges = [
      ...edgeSeconds(0, 80, 'song -> artist', 1),
      ...edgeSeconds(80, 100, 'song -> artist', 1, { errors: 1 }),
      ...edgeSeconds(0, 81, 'gateway -> song', 20),
      ...edgeSeconds(81, 100, 'gateway -> song', 20, { errors: 20 }),
    ];
    const [incident] = judge(100, edges);
    expect(secondOf(incident!.startUnixNano)).toBe(80);
  });

  it('ends with the failures and is resolved after a quiet time', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 80, 'gateway -> song', 5, { errors: 4 }),
      ...edgeSeconds(80, 130, 'gateway -> song', 5),
    ];
    const incidents = judge(130, edges);
    expect(incidents).toHaveLength(1);
    expect(kindsOf(incidents[0])).toEqual([
      'failures-began',
      'incident-opened',
      'failures-ended',
      'mitigated',
      'resolved',
    ]);
    expect(secondOf(incidents[0]!.endUnixNano!)).toBe(80);
    expect(incidents[0]).toMatchObject({ failedCalls: 80, totalCalls: 175 });
  });

  it('keeps its first end over a relapse, which opens it again for a while', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 75, 'gateway -> song', 5, { errors: 4 }),
      ...edgeSeconds(75, 85, 'gateway -> song', 5),
      ...edgeSeconds(85, 89, 'gateway -> song', 5, { errors: 4 }),
      ...edgeSeconds(89, 140, 'gateway -> song', 5),
    ];
    const [incident, ...others] = judge(140, edges);
    expect(others).toEqual([]);
    expect(secondOf(incident!.mitigatedUnixNano!)).toBe(75);
    expect(secondOf(incident!.endUnixNano!)).toBe(89);
    expect(kindsOf(incident)?.filter((kind) => kind === 'failures-began')).toHaveLength(2);
  });

  it('goes on with one and the same incident when its judge was killed and knows only the stored one', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 300, 'gateway -> song', 5, { errors: 4 }),
    ];
    const copy = (incident: Incident | undefined) =>
      incident === undefined ? undefined : structuredClone(incident);
    const incidents = judge(300, edges, CALM, copy);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]?.state).toBe('open');
  });
});

describe('judgeSecond after an incident', () => {
  const trouble = (from: number, to: number) =>
    edgeSeconds(from, to, 'gateway -> song', 5, { errors: 4 });
  const calm = (from: number, to: number) => edgeSeconds(from, to, 'gateway -> song', 5);

  it('opens another one for new failures, dated by them alone', () => {
    const edges = [...calm(0, 60), ...trouble(60, 75), ...calm(75, 110), ...trouble(110, 130)];
    const starts = judge(130, edges).map((incident) => secondOf(incident.startUnixNano));
    expect(starts).toEqual([60, 110]);
  });

  it('takes resources that appear at the start of a mesh for no loss', () => {
    const release = {
      unixNano: startOfSecond(unixSecond(5)),
      version: '1',
      release: 'r1',
      resourcesBefore: 0,
      resourcesAfter: 0,
    };
    const asks = { resources: 0, missing: ['song'], changedUnixNano: startOfSecond(unixSecond(5)) };
    const view = (second: number) =>
      controlPlane(
        second,
        [xdsClient('gateway-1', { types: { LDS: asks }, verdict: 'names-gone' })],
        { releases: [release] },
      );
    expect(judge(60, calm(0, 60), view)).toEqual([]);
  });
});

describe('judgeSecond in the story of 8 March', () => {
  const release = {
    unixNano: at(60),
    version: 'v42',
    release: 'r42',
    resourcesBefore: 20,
    resourcesAfter: 8,
  };
  const rollback = {
    ...release,
    unixNano: at(180),
    version: 'v43',
    release: 'r41',
    resourcesBefore: 8,
    resourcesAfter: 20,
  };
  const missing = {
    received: 'v42',
    acked: 'v42',
    resources: 1,
    missing: ['song', 'login'],
    changedUnixNano: at(60),
  };
  const view = (second: number): ControlPlaneView => {
    const releases = [rollback, release].filter((r) => r.unixNano <= at(second));
    if (second < 60) return CALM(second);
    if (second >= 181) {
      const back = { ...missing, resources: 3, missing: [], changedUnixNano: at(181) };
      return controlPlane(second, [xdsClient('gateway-1', { types: { CDS: back } })], { releases });
    }
    const verdict = second < 120 ? ('failing' as const) : ('names-gone' as const);
    return controlPlane(second, [xdsClient('gateway-1', { types: { CDS: missing }, verdict })], {
      releases,
    });
  };
  const none = { mode: 'xds-none', ms: 1 } as const;
  const edges = [
    ...edgeSeconds(0, 60, 'gateway -> song', 5),
    ...edgeSeconds(0, 60, 'gateway -> login', 3),
    ...edgeSeconds(60, 100, 'gateway -> song', 5, { ...none, errors: 5 }),
    ...edgeSeconds(60, 110, 'gateway -> login', 3, { ...none, errors: 3 }),
    ...edgeSeconds(100, 200, 'gateway -> song', 5, { mode: 'dns' }),
    ...edgeSeconds(110, 205, 'gateway -> login', 3, { mode: 'dns' }),
    ...edgeSeconds(200, 260, 'gateway -> song', 5),
    ...edgeSeconds(205, 260, 'gateway -> login', 3),
  ];

  it('tells the whole story as one incident', () => {
    const incidents = judge(260, edges, view);
    expect(incidents).toHaveLength(1);
    expect(textOf(incidents[0]?.events)).toEqual([
      '60 release control plane',
      '60 config-lost login, song',
      '60 failures-began gateway → song',
      '60 failures-began gateway → login',
      '61 incident-opened Mesh configuration lost: 2 of 2 names gone',
      '100 shift-began gateway',
      '100 failures-ended gateway → song',
      '110 shift-ended gateway',
      '110 failures-ended gateway → login',
      '110 mitigated ',
      '180 release control plane',
      '181 config-restored login, song',
      '200 shift-began gateway',
      '205 shift-ended gateway',
      '220 resolved ',
    ]);
  });

  it('names what was lost, and who moved first and last', () => {
    const [incident] = judge(260, edges, view);
    expect(incident).toMatchObject({
      title: 'Mesh configuration lost: 2 of 2 names gone, login, song unreachable',
      severity: 1,
      services: ['gateway', 'login', 'song'],
      firstMover: 'gateway',
      lastMover: 'gateway',
      peakDnsRatio: 1,
      normalDnsRatio: 0,
    });
    expect(secondOf(incident!.startUnixNano)).toBe(60);
    expect(secondOf(incident!.mitigatedUnixNano!)).toBe(110);
    expect(secondOf(incident!.endUnixNano!)).toBe(205);
  });
});

describe('judgeSecond and the control plane', () => {
  it('opens when a push is refused, though no call fails, and ends when none is', () => {
    const edges = edgeSeconds(0, 120, 'gateway -> song', 5);
    const refused = {
      verdict: 'rejected' as const,
      types: {
        CDS: {
          received: 'v42',
          acked: 'v41',
          rejected: 'v42',
          rejectReason: 'Unsupported type STATIC',
          resources: 3,
          missing: [],
          changedUnixNano: startOfSecond(unixSecond(0)),
        },
      },
    };
    const view = (second: number): ControlPlaneView =>
      second >= 60 && second < 70
        ? controlPlane(second, [xdsClient('gateway-1', refused), xdsClient('song-1')])
        : CALM(second);
    const [incident, ...others] = judge(120, edges, view);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      severity: 3,
      state: 'resolved',
      title: 'Push rejected: CDS v42 by 1 of 2 clients',
    });
    expect(kindsOf(incident)).toEqual([
      'push-rejected',
      'incident-opened',
      'push-accepted',
      'resolved',
    ]);
  });

  it('tells of clients that are cut off, under a name of its own, until they are back', () => {
    const edges = edgeSeconds(0, 140, 'gateway -> song', 5);
    const others = ['gateway-1', 'song-1', 'song-2'].map((id) => xdsClient(id));
    const cut = xdsClient('playlist-1', {
      connected: false,
      verdict: 'stream-lost',
      connectedSinceUnixNano: startOfSecond(unixSecond(60)),
    });
    const view = (second: number): ControlPlaneView =>
      second >= 60 && second < 90
        ? controlPlane(second, [cut, ...others])
        : controlPlane(second, [xdsClient('playlist-1'), ...others]);
    const [incident, ...rest] = judge(140, edges, view);
    expect(rest).toEqual([]);
    expect(incident).toMatchObject({
      severity: 3,
      state: 'resolved',
      startUnixNano: startOfSecond(unixSecond(60)),
      title: 'Cut off from the control plane: 1 of 4 clients',
    });
    expect(kindsOf(incident)).toEqual([
      'clients-cut-off',
      'incident-opened',
      'clients-back',
      'resolved',
    ]);
  });

  it('names the push that clients die of as the cause of the calls that fail by it', () => {
    const edges = [
      ...edgeSeconds(0, 60, '@users -> gateway', 5),
      ...edgeSeconds(60, 70, '@users -> gateway', 5, { errors: 5 }),
      ...edgeSeconds(70, 130, '@users -> gateway', 5),
    ];
    const sent = (second: number, version: string, outcome: Push['outcome']): Push => ({
      unixNano: startOfSecond(unixSecond(second)),
      type: 'RDS',
      version,
      client: 'gateway-1',
      resources: 1,
      removed: 0,
      outcome,
    });
    const all = [
      ...[sent(71, 'v43', 'acked'), sent(66, 'v42', 'silent')],
      ...[sent(63, 'v42', 'silent'), sent(60, 'v42', 'silent')],
    ];
    const view = (second: number): ControlPlaneView => ({
      ...CALM(second),
      pushes: all.filter((push) => push.unixNano <= startOfSecond(unixSecond(second))),
    });
    const [incident, ...rest] = judge(130, edges, view);
    expect(rest).toEqual([]);
    expect(incident?.title).toMatch(
      /^Proxies die of a push: RDS v42 at 1 of \d clients, .*gateway/,
    );
    expect(incident?.severity).toBe(1);
    expect(kindsOf(incident)).toEqual(
      expect.arrayContaining(['push-fatal', 'failures-began', 'push-survived', 'failures-ended']),
    );
    expect(incident?.state).toBe('resolved');
  });

  it('tells of a push that several die of, and of their services, though their endpoints are lost by it', () => {
    const edges = [
      ...edgeSeconds(0, 60, '@users -> gateway', 5),
      ...edgeSeconds(60, 75, '@users -> gateway', 5, { errors: 5 }),
      ...edgeSeconds(0, 60, 'song -> artist', 5),
      ...edgeSeconds(60, 75, 'song -> artist', 5, { errors: 5, mode: 'xds-none' }),
    ];
    const pushes = ['gateway-1', 'artist-1'].map(
      (client): Push => ({
        unixNano: at(60),
        type: 'RDS',
        version: 'v42',
        client,
        resources: 1,
        removed: 0,
        silentAfterNs: 100_000_000,
        outcome: 'silent',
      }),
    );
    const view = (second: number): ControlPlaneView => {
      const EDS = {
        received: 'v42',
        acked: 'v42',
        resources: 1,
        missing: [],
        empty: second < 62 ? [] : ['artist'],
        changedUnixNano: at(second < 62 ? 1 : 62),
      };
      const clients = [
        xdsClient('song-1', { types: { EDS } }),
        xdsClient('gateway-1', { isSilent: second > 61 }),
        xdsClient('artist-1', { isSilent: second > 61 }),
      ];
      return { ...controlPlane(second, clients), pushes: second < 60 ? [] : pushes };
    };
    const [incident] = judge(75, edges, view);
    expect(incident?.title).toMatch(/^Proxies die of a push: RDS v42 at 2 of 3 clients/);
    expect(incident?.cause).toContain('artist-1, gateway-1');
    expect(incident?.services).toEqual(['artist', 'gateway', 'song']);
  });

  it('keeps the cause it named when that is over before the calls that failed by it', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 20),
      ...edgeSeconds(60, 66, 'gateway -> song', 20, { errors: 20, mode: 'xds-none' }),
      ...edgeSeconds(66, 100, 'gateway -> song', 20),
    ];
    const view = (second: number): ControlPlaneView => {
      const isEmpty = second >= 60 && second < 66;
      const EDS = {
        received: 'v2',
        acked: 'v2',
        resources: 1,
        missing: [],
        empty: isEmpty ? ['song'] : [],
        changedUnixNano: at(isEmpty ? 60 : second < 60 ? 1 : 66),
      };
      return controlPlane(second, [xdsClient('gateway-1', { types: { EDS } })]);
    };
    const [incident] = judge(100, edges, view);
    expect(incident?.title).toBe('Endpoints lost: none left for song, song unreachable');
    expect(incident?.state).toBe('resolved');
  });

  it.each([
    ['xds-cached', 'Endpoints of song have changed since: gateway, playlist call addresses'],
    ['xds-none', 'gateway, playlist got no configuration from it and find no address of song'],
  ] as const)('says without a control plane which services lost which: %s', (mode, words) => {
    const edges = ['gateway -> song', 'playlist -> song', '@users -> gateway'].flatMap((pair) => [
      ...edgeSeconds(0, 60, pair, 5),
      ...edgeSeconds(60, 75, pair, 5, { errors: 5, mode }),
    ]);
    const view = (second: number): ControlPlaneView => {
      if (second < 50) return CALM(second);
      const lost = {
        connected: false,
        verdict: 'stream-lost',
        connectedSinceUnixNano: at(50),
      } as const;
      return controlPlane(second, [xdsClient('gateway-1', lost), xdsClient('playlist-1', lost)]);
    };
    const [incident] = judge(75, edges, view);
    expect(incident?.title).toContain('Control plane lost: 2 of 2 clients');
    expect(incident?.cause).toContain(words);
  });

  it('opens once when versions go back', () => {
    const edges = edgeSeconds(0, 200, 'gateway -> song', 5);
    const back = {
      verdict: 'older-version' as const,
      reason: 'CDS went back from v99',
      wentBack: { type: 'CDS' as const, fromVersion: 'v99' },
      connectedSinceUnixNano: startOfSecond(unixSecond(60)),
    };
    const view = (second: number): ControlPlaneView =>
      second < 60 ? CALM(second) : controlPlane(second, [xdsClient('gateway-1', back)]);
    const incidents = judge(200, edges, view);
    expect(incidents.map((incident) => [incident.title, incident.state])).toEqual([
      ['Older configuration at 1 of 1 clients', 'resolved'],
    ]);
  });

  it('opens when calls become slow, and is mitigated when they are quick again', () => {
    const edges = ['@users -> gateway', 'gateway -> song', 'song -> image'].flatMap((pair) => [
      ...edgeSeconds(0, 60, pair, 5, { ms: 20 }),
      ...edgeSeconds(60, 90, pair, 5, { ms: 720 }),
      ...edgeSeconds(90, 130, pair, 5, { ms: 20 }),
    ]);
    const incidents = judge(130, edges);
    expect(incidents).toHaveLength(1);
    const [incident] = incidents;
    expect(incident).toMatchObject({
      severity: 2,
      state: 'resolved',
      failedCalls: 0,
      services: ['gateway', 'image', 'song'],
    });
    expect(incident?.title).toMatch(/^image slow: p50 (6|7)\d\d ms, (19|2\d) ms before$/);
    expect(secondOf(incident!.startUnixNano)).toBe(60);
    expect(secondOf(incident!.detectedUnixNano) - 60).toBeLessThanOrEqual(4);
    expect(secondOf(incident!.mitigatedUnixNano!)).toBe(90);
    expect(textOf(incident?.events.filter(({ subject }) => subject === 'song → image'))).toEqual([
      '60 slow-began song → image',
      '90 slow-ended song → image',
    ]);
    expect(incident?.slowdowns.map(({ origin }) => origin)).toEqual(['image', 'image', 'image']);
  });

  it('takes slow calls for the lesser harm where calls fail', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 80, 'gateway -> song', 5, { errors: 5 }),
      ...edgeSeconds(80, 140, 'gateway -> song', 5),
      ...edgeSeconds(0, 62, 'gateway -> image', 5, { ms: 20 }),
      ...edgeSeconds(62, 110, 'gateway -> image', 5, { ms: 720 }),
      ...edgeSeconds(110, 140, 'gateway -> image', 5, { ms: 20 }),
    ];
    const incidents = judge(140, edges);
    expect(incidents.map(({ title, state }) => [title, state])).toEqual([
      ['Calls to song fail: 100% of those from gateway', 'resolved'],
    ]);
    expect(secondOf(incidents[0]!.mitigatedUnixNano!)).toBe(80);
    expect(secondOf(incidents[0]!.endUnixNano!)).toBe(80);
    expect(incidents[0]?.services).toEqual(['gateway', 'song']);
    expect(incidents[0]?.slowdowns).toMatchObject([{ server: 'image', origin: 'image' }]);
    expect(incidents[0]?.slowdowns[0]?.endUnixNano).toBeDefined();
  });

  it.each([
    ['longer than the first failures', 4, 20],
    ['of two thirds of them', 12, 8],
  ])('counts a relapse %s as the outage', (_, firstSeconds, secondSeconds) => {
    const pause = 60 + firstSeconds;
    const again = pause + 8;
    const over = again + secondSeconds;
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, pause, 'gateway -> song', 5, { errors: 5 }),
      ...edgeSeconds(pause, again, 'gateway -> song', 5),
      ...edgeSeconds(again, over, 'gateway -> song', 5, { errors: 5 }),
      ...edgeSeconds(over, 130, 'gateway -> song', 5),
    ];
    const [incident] = judge(130, edges);
    expect(secondOf(incident!.mitigatedUnixNano!)).toBe(over);
  });

  it('opens when clients that had a configuration lose their streams, though no call fails', () => {
    const edges = edgeSeconds(0, 120, 'gateway -> song', 5);
    const view = (second: number): ControlPlaneView => {
      if (second < 60) return CALM(second);
      const since = { connected: false, connectedSinceUnixNano: startOfSecond(unixSecond(60)) };
      const lost = { ...since, verdict: 'stream-lost' as const };
      return controlPlane(second, [xdsClient('gateway-1', lost), xdsClient('song-1', lost)]);
    };
    const incidents = judge(120, edges, view);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({
      severity: 3,
      state: 'open',
      title: 'Control plane lost: 2 of 2 clients on their last configuration',
    });
    expect(secondOf(incidents[0]!.startUnixNano)).toBe(60);
  });
});

describe('outages that a safeguard kept from users', () => {
  const calm = edgeSeconds(0, 120, 'gateway -> song', 5);

  it('tells of a push that was held back, once, though no call fails', () => {
    const held = { unixNano: at(60), release: 'r1', names: ['song'], reason: 'it removes 2 of 2' };
    const view = (second: number): ControlPlaneView => ({
      ...CALM(second),
      heldPushes: second >= 60 ? [held] : [],
    });
    const incidents = judge(120, calm, view);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ severity: 3, state: 'resolved', failedCalls: 0 });
    expect(incidents[0]?.title).toBe('Push held back: 2 clients would have lost song');
    expect(textOf(incidents[0]?.events)).toContain('60 push-held-back song');
  });

  it('tells of a release that clients do not follow, whoever restarts meanwhile', () => {
    const release = {
      unixNano: at(60),
      version: 'v2',
      release: 'r42',
      resourcesBefore: 24,
      resourcesAfter: 8,
    };
    // The only instance of gateway is gone for three seconds.
    const endpointsAt = (second: number) => ({
      received: 'v2',
      acked: 'v2',
      resources: 3,
      missing: [],
      empty: second >= 66 && second < 69 ? ['gateway'] : [],
      changedUnixNano: at(second < 66 ? 1 : second < 69 ? 66 : 69),
    });
    const view = (second: number): ControlPlaneView =>
      second < 60
        ? CALM(second)
        : controlPlane(
            second,
            [
              xdsClient('gateway-1', { restartRisk: 'would-break' }),
              xdsClient('song-1', { types: { EDS: endpointsAt(second) } }),
            ],
            { releases: [release] },
          );
    const incidents = judge(120, calm, view);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ severity: 3, state: 'resolved' });
    expect(incidents[0]?.title).toContain('Mesh configuration lost and kept: 16 of 24');
  });

  it('tells of endpoints lost whose callers went to DNS without a failure', () => {
    const edges = [
      ...edgeSeconds(0, 60, 'gateway -> song', 20),
      ...edgeSeconds(60, 80, 'gateway -> song', 20, { mode: 'dns' }),
      ...edgeSeconds(80, 120, 'gateway -> song', 20),
    ];
    const state = { received: 'v2', acked: 'v2', resources: 1, missing: [] };
    const view = (second: number): ControlPlaneView => {
      const isEmpty = second >= 60 && second < 80;
      const changedUnixNano = at(isEmpty ? 60 : second < 60 ? 1 : 80);
      const EDS = { ...state, empty: isEmpty ? ['song'] : [], changedUnixNano };
      return controlPlane(second, [xdsClient('gateway-1', { types: { EDS } })]);
    };
    const incidents = judge(120, edges, view);
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({ failedCalls: 0, severity: 3 });
    expect(incidents[0]?.title).toBe('Endpoints lost: none left for song');
    expect(secondOf(incidents[0]!.startUnixNano)).toBe(60);
  });
});
