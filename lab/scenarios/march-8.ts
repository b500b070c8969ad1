import { type LabAction, type Scenario, type Step, secondsAfter } from './scenario.ts';

const START = '18:05';
const LOST = ['login', 'song', 'playlist', 'artist'];

function at(clock: string, step: Omit<Step, 'atSeconds' | 'clock'>): Step {
  return { atSeconds: secondsAfter(START, clock), clock, ...step };
}

/** A time that was published. */
function published(clock: string, step: Omit<Step, 'atSeconds' | 'clock' | 'historic'>): Step {
  return at(clock, { historic: clock, ...step });
}

function route(caller: string, callee: string, mode: 'xds' | 'dns'): readonly LabAction[] {
  return [{ kind: 'route', caller, callee, mode }];
}

/** One minute of the afternoon takes one second at the default speed. */
export const march8: Scenario = {
  name: 'march-8',
  title: '8 March 2022: configuration lost, users logged out, detour over DNS',
  story:
    'A release of the control plane loses the configuration of some services. It stays up, and everything it sends is acknowledged; calls fail all the same. Operators move one caller after the other to DNS, and are done before the control plane is rolled back.',
  cites: [
    {
      title: 'Spotify Engineering, Incident Report: Spotify Outage on March 8 (11 March 2022)',
      what: '18:12 users logged out, 18:39 remediation begins, 20:35 mitigated; DNS-based service discovery as the way out; a bug in a gRPC client library took part',
    },
    {
      title: 'Google Cloud status, incident LuGcJVjNTeC5Sb9pSJ9o (15 March 2022)',
      what: 'Traffic Director, 18:07 to 20:42 UTC; migration of the configuration format not complete',
    },
    {
      title: 'Discord status, incident cjdx9txnrv03',
      what: 'load balancing left without a valid configuration; moved to a configuration without Traffic Director, in stages',
    },
  ],
  rootCause:
    'control-plane: release r42 lost the configuration of login, song, playlist and artist',
  headline: 'Mesh configuration lost',
  names: ['gateway', 'login', 'song', 'playlist'],
  hits: [
    'gateway → login',
    'gateway → song',
    'gateway → playlist',
    'gateway → artist',
    'playlist → song',
    'song → artist',
  ],
  durationSeconds: secondsAfter(START, '21:06'),
  defaultSpeed: 60,
  steps: [
    at('18:05', {
      title: 'Calm before',
      expect: 'every edge on the mesh, no errors',
      actions: [],
    }),
    published('18:07', {
      title: 'Release r42 loses part of the configuration',
      expect: `resources of ${LOST.join(', ')} vanish, all is acknowledged, their calls fail within a second`,
      actions: [{ kind: 'release', release: 'r42', drop: LOST }],
    }),
    published('18:12', {
      title: 'First users are logged out',
      expect: 'sessions end and cannot be renewed: playlists answer 401',
      actions: [],
    }),
    published('18:39', {
      title: 'Remediation begins: gateway → login to DNS',
      expect: 'logins work again, users come back',
      actions: [{ kind: 'route-login', mode: 'dns', fresh: false }],
    }),
    at('18:58', {
      title: 'gateway → artist to DNS',
      expect: "artists' pages recover",
      actions: route('gateway', 'artist', 'dns'),
    }),
    at('19:12', {
      title: 'gateway → song to DNS',
      expect: "song is reached again; its pages still lack the artist's name",
      actions: route('gateway', 'song', 'dns'),
    }),
    at('19:28', {
      title: 'song → artist to DNS',
      expect: "songs' pages recover",
      actions: route('song', 'artist', 'dns'),
    }),
    at('19:50', {
      title: 'gateway → playlist to DNS',
      expect: 'playlist is reached again; it cannot reach song',
      actions: route('gateway', 'playlist', 'dns'),
    }),
    at('20:34', {
      title: 'playlist → song to DNS',
      expect: 'playlists recover, and with them the last edge',
      actions: route('playlist', 'song', 'dns'),
    }),
    published('20:35', {
      title: 'Mitigated',
      expect: 'no errors, although the control plane is still wrong',
      actions: [],
    }),
    published('20:42', {
      title: 'The control plane is rolled back',
      expect: 'the resources return, identical; sidecars take them up in milliseconds',
      actions: [{ kind: 'rollback', touched: false }],
    }),
    at('20:44', {
      title: 'Return to the mesh: playlist → song',
      expect: 'no errors',
      actions: route('playlist', 'song', 'xds'),
    }),
    at('20:46', {
      title: 'Return to the mesh: gateway → playlist',
      expect: 'no errors',
      actions: route('gateway', 'playlist', 'xds'),
    }),
    at('20:48', {
      title: 'Return to the mesh: gateway → artist',
      expect: 'no errors',
      actions: route('gateway', 'artist', 'xds'),
    }),
    at('20:50', {
      title: 'Return to the mesh: song → artist',
      expect: 'no errors',
      actions: route('song', 'artist', 'xds'),
    }),
    at('20:52', {
      title: 'Return to the mesh: gateway → song',
      expect: 'no errors',
      actions: route('gateway', 'song', 'xds'),
    }),
    at('20:54', {
      title: 'Return to the mesh: gateway → login, in the channel that was kept',
      expect:
        'the gRPC library holds the restored resources for gone: logins fail though all is acknowledged',
      actions: [{ kind: 'route-login', mode: 'xds', fresh: false }],
    }),
    at('21:00', {
      title: 'gateway → login back to DNS: its xDS client is stuck',
      expect: 'logins work; the client stays stuck until it gets a new channel or a restart',
      actions: [{ kind: 'route-login', mode: 'dns', fresh: false }],
    }),
  ],
  timeline: [
    event('config-lost', LOST.toSorted().join(', '), '18:07', 2),
    event('failures-began', 'gateway → login', '18:07', 2),
    event('shift-began', 'gateway → login', '18:39', 2),
    event('shift-ended', 'playlist → song', '20:34', 2),
    event('mitigated', '', '20:35', 3),
    event('config-restored', LOST.toSorted().join(', '), '20:42', 2),
    // Its resources come back and it does not take them up; nothing shows it to users before 20:54.
    event('client-stuck', 'gateway-1-grpc', '20:42', 8),
  ],
};

function event(
  name: string,
  subject: string,
  clock: string,
  toleranceSeconds: number,
): Scenario['timeline'][number] {
  return { event: name, subject, atSeconds: secondsAfter(START, clock), toleranceSeconds };
}
