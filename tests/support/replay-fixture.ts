import type { Incident, IncidentEvent, IncidentEventKind } from '#analysis/incident/incident.ts';
import { buildReplayTimeline } from '#analysis/replay/build-replay-timeline.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edgeSeconds } from '#tests/support/calls.ts';
import { xdsClient } from '#tests/support/xds-clients.ts';

/** 8 March 2022, 18:06 UTC. */
const START = 1_646_762_760;
const FRAMES = 240;
/** Seconds after START: configuration lost, then each caller's switch, the restore, the way back. */
const LOST = 60;
const RESTORED = 200;

const EDGES: readonly (readonly [edge: string, perSecond: number, movesAt: number])[] = [
  ['gateway -> login', 4, 94],
  ['gateway -> playlist', 9, 108],
  ['gateway -> song', 5, 120],
  ['playlist -> song', 14, 138],
  ['song -> artist', 5, 155],
  ['artist -> image', 6, 0],
];

const at = (second: number) => startOfSecond(unixSecond(START + second));

function edgeStory([edge, perSecond, movesAt]: (typeof EDGES)[number]) {
  const part = (from: number, to: number, more: Parameters<typeof edgeSeconds>[4]) =>
    to <= from ? [] : edgeSeconds(START + from, START + to, edge, perSecond, more);
  if (movesAt === 0) return part(0, FRAMES, { mode: 'dns', ms: 18 });
  return [
    ...part(0, LOST, { ms: 22 }),
    ...part(LOST, movesAt, { mode: 'xds-none', errors: perSecond, ms: 3 }),
    ...part(movesAt, FRAMES, { mode: 'dns', ms: 41 }),
  ];
}

function event(
  second: number,
  kind: IncidentEventKind,
  subject: string,
  text: string,
): IncidentEvent {
  return { unixNano: at(second), kind, subject, text, evidence: 'mesh.xds.resources.missing' };
}

const EVENTS: readonly IncidentEvent[] = [
  event(60, 'config-lost', 'gateway-1', 'gateway-1 lost 3 of 5 names in v42'),
  event(60, 'failures-began', 'gateway', 'Calls of gateway began to fail'),
  event(63, 'incident-opened', '', 'Detour opened the incident'),
  event(94, 'shift-began', 'gateway → login', 'gateway → login began to move to DNS'),
  event(108, 'shift-began', 'gateway → playlist', 'gateway → playlist began to move to DNS'),
  event(120, 'shift-half', '', 'Half of the calls have moved'),
  event(138, 'shift-began', 'playlist → song', 'playlist → song began to move to DNS'),
  event(155, 'shift-ended', 'song', 'song has moved to DNS'),
  event(158, 'mitigated', '', 'Users are served again'),
  event(200, 'config-restored', 'gateway-1', 'v43 brings back all names'),
  event(204, 'client-stuck', 'gateway-1-grpc', 'gateway-1-grpc holds the names and still fails'),
];

/** An incident of four minutes with everything a replay can show; never part of the product. */
export function replayFixture(): {
  readonly incident: Incident;
  readonly timeline: ReplayTimeline;
} {
  const incident: Incident = {
    id: 'fixture',
    number: 7,
    title: 'Mesh configuration lost, login unreachable',
    cause: 'Release r42 (v42) left out 4 of 6 services; every client acknowledged it',
    severity: 1,
    state: 'mitigated',
    startUnixNano: at(LOST),
    detectedUnixNano: at(63),
    mitigatedUnixNano: at(158),
    services: ['login', 'playlist', 'song', 'artist', 'gateway'],
    failedCalls: 1834,
    totalCalls: 9120,
    peakDnsRatio: 1,
    normalDnsRatio: 0.14,
    shifts: ['gateway', 'playlist', 'song'].map((service, i) => ({
      service,
      direction: 'to-dns' as const,
      beganUnixNano: at(94 + i * 30),
      endedUnixNano: at(121 + i * 20),
      edges: i === 0 ? 3 : 1,
    })),
    slowdowns: [],
    firstMover: 'gateway',
    lastMover: 'song',
    events: EVENTS,
  };
  const clients = ['gateway-1', 'playlist-1', 'song-1', 'song-2'];
  const timeline = buildReplayTimeline({
    startSecond: unixSecond(START),
    frames: FRAMES,
    incidentStartUnixNano: incident.startUnixNano,
    edgeSeconds: [
      ...EDGES.flatMap(edgeStory),
      ...edgeSeconds(START, START + LOST, '@users -> gateway', 20, { ms: 48 }),
      ...edgeSeconds(START + LOST, START + 155, '@users -> gateway', 20, { errors: 9, ms: 260 }),
      ...edgeSeconds(START + 155, START + FRAMES, '@users -> gateway', 20, { ms: 70 }),
    ],
    instances: [
      'gateway-1',
      'login-1',
      'playlist-1',
      'song-1',
      'song-2',
      'artist-1',
      'image-1',
    ].map((instance) => ({
      service: instance.replace(/-\d$/, ''),
      instance,
      firstSecond: unixSecond(START),
      lastSecond: unixSecond(START + FRAMES),
    })),
    clientChanges: [
      ...clients.map((id) => ({ second: unixSecond(START - 30), client: xdsClient(id) })),
      ...clients.map((id) => ({
        second: unixSecond(START + LOST),
        client: xdsClient(id, { verdict: 'failing' }),
      })),
      ...clients.map((id) => ({
        second: unixSecond(START + RESTORED),
        client: xdsClient(id),
      })),
    ],
    serverChanges: [
      {
        second: unixSecond(START - 30),
        server: { version: '42', resources: {}, acks: 9, nacks: 0 },
      },
    ],
    dnsSeconds: [],
    pushes: [],
    releases: [],
    slowdowns: [],
    events: EVENTS,
  });
  return { incident, timeline };
}
