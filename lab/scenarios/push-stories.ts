import { CALM, type LabAction, type Scenario } from './scenario.ts';

const CLEAR: LabAction = { kind: 'clear-faults', part: 'control-plane' };

function fault(fault: Readonly<Record<string, unknown>>): readonly LabAction[] {
  return [{ kind: 'control-plane-fault', fault }];
}

export const emptyPush: Scenario = {
  name: 'empty-push',
  title: 'A push says that song has no endpoints',
  story:
    'The addresses of song are pushed as an empty list. The list is valid, every client acknowledges it, and every call to song fails within milliseconds.',
  cites: [
    {
      title: 'Monzo community, Current account payments may fail (27 October 2017)',
      what: 'proxies believed that services had no replicas',
    },
    {
      title: 'Discord status, incident cjdx9txnrv03 (8 March 2022)',
      what: 'load balancing without a valid configuration',
    },
  ],
  rootCause: 'control-plane: pushed an empty endpoint list for song',
  headline: 'Endpoints lost: none left for song',
  names: ['gateway', 'playlist', 'song'],
  hits: ['gateway → song', 'playlist → song'],
  durationSeconds: 40,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 8,
      title: 'song is pushed without endpoints',
      expect: 'acknowledged by all; calls to song fail with empty_endpoints',
      actions: fault({ kind: 'empty-endpoints', service: 'song' }),
    },
    {
      atSeconds: 26,
      title: 'The endpoints are pushed again',
      expect: 'calls work within milliseconds',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'config-lost', subject: 'song', atSeconds: 8, toleranceSeconds: 2 },
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 8, toleranceSeconds: 2 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 26, toleranceSeconds: 2 },
  ],
};

export const badPush: Scenario = {
  name: 'bad-push',
  title: 'A push that no client can apply',
  story:
    'The cluster of song is pushed with a type that no client supports. All refuse it and go on with what they had: users see nothing, until a proxy restarts and has nothing to go on with.',
  cites: [
    {
      title: 'Spotify Engineering, Incident Report: April 16 2025',
      what: 'one bad change of proxy configuration, everywhere at once',
    },
    {
      title: 'Google Cloud status, 12 June 2025',
      what: 'an invalid automated update, distributed globally',
    },
  ],
  rootCause: 'control-plane: pushed a cluster for song that every client refuses',
  headline: 'Push rejected',
  names: ['playlist', 'song'],
  hits: ['playlist → song'],
  durationSeconds: 50,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 8,
      title: 'The cluster of song is pushed broken',
      expect: 'every client refuses it (NACK) and keeps its last good one; no call fails',
      actions: fault({ kind: 'bad-cluster', service: 'song' }),
    },
    {
      atSeconds: 20,
      title: 'The sidecar of playlist-1 restarts',
      expect: 'it has no last good one: its calls to song fail',
      actions: [
        { kind: 'signal', process: 'playlist-1-sidecar', signal: 'SIGKILL' },
        { kind: 'start', process: 'playlist-1-sidecar' },
      ],
    },
    {
      atSeconds: 36,
      title: 'The cluster is pushed as it was',
      expect: 'acknowledged by all; the last calls recover',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'push-rejected', subject: 'control plane', atSeconds: 8, toleranceSeconds: 2 },
    { event: 'failures-began', subject: 'playlist → song', atSeconds: 20, toleranceSeconds: 5 },
    { event: 'failures-ended', subject: 'playlist → song', atSeconds: 36, toleranceSeconds: 3 },
  ],
};

export const delayedBlast: Scenario = {
  name: 'delayed-blast',
  title: 'A route to a cluster that does not exist: effect 15 s after cause',
  story:
    'A route of song is pushed that points to a cluster nobody has. Clients wait for the cluster, on the old route; after 15 s they give up, and all calls fail at once, long after the push.',
  cites: [
    {
      title: 'Envoy documentation, xDS protocol: knowing when a requested resource does not exist',
      what: 'the wait of 15 s after which a resource that was not sent is taken for missing',
    },
    {
      title: 'Google Cloud status, incident 6PM5mNd43NbMqjCZ5REh (16 November 2021)',
      what: 'a route configuration that sent requests nowhere',
    },
  ],
  rootCause: 'control-plane: pushed a route of song to the missing cluster ghost',
  hits: ['gateway → song', 'playlist → song'],
  durationSeconds: 55,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 8,
      title: 'The route of song points to nowhere',
      expect: 'acknowledged by all; no call fails for 15 s, then every call to song does',
      actions: fault({ kind: 'dangling-route', service: 'song', cluster: 'ghost' }),
    },
    {
      atSeconds: 40,
      title: 'The route is pushed as it was',
      expect: 'calls work at once',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 23, toleranceSeconds: 3 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 40, toleranceSeconds: 2 },
  ],
};

export const slowPush: Scenario = {
  name: 'slow-push',
  title: 'Every push arrives four seconds late',
  story:
    'The control plane is slow. Who runs does not notice; who starts waits for listener, route, cluster and endpoints in turn, four seconds each.',
  cites: [
    {
      title: 'Roblox, Return to Service 10/28-10/31 2021',
      what: 'a control plane slow under load',
    },
    {
      title: 'Istio documentation, pilot_proxy_convergence_time',
      what: 'the time from a change to the proxies that hold it',
    },
  ],
  rootCause: 'control-plane: every push delayed by 4 s',
  hits: ['playlist → song', 'gateway → playlist'],
  durationSeconds: 55,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 6,
      title: 'Pushes take four seconds',
      expect: 'nothing to be seen by users',
      actions: fault({ kind: 'delay-pushes', ms: 4000 }),
    },
    {
      atSeconds: 12,
      title: 'The sidecar of playlist-1 restarts',
      expect: 'its calls fail for about 16 s: four answers, each four seconds late',
      actions: [
        { kind: 'signal', process: 'playlist-1-sidecar', signal: 'SIGKILL' },
        { kind: 'start', process: 'playlist-1-sidecar' },
      ],
    },
    {
      atSeconds: 44,
      title: 'Pushes are quick again',
      expect: 'nothing to be seen by users',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'failures-began', subject: 'playlist → song', atSeconds: 12, toleranceSeconds: 5 },
    { event: 'failures-ended', subject: 'playlist → song', atSeconds: 29, toleranceSeconds: 5 },
  ],
};

export const frozenUpdates: Scenario = {
  name: 'frozen-updates',
  title: 'Endpoint updates stop silently, then a deploy',
  story:
    'The control plane stays up and connected but sends no more endpoint updates. Nobody notices until song is deployed elsewhere: the map still names the old addresses.',
  cites: [
    {
      title:
        'Slack Engineering, A Terrible, Horrible, No-Good, Very Bad Day at Slack (12 May 2020)',
      what: 'updates of the load balancers failed silently for hours; a scale-down removed the only hosts still listed',
    },
    {
      title: 'Monzo community, Current account payments may fail (27 October 2017)',
      what: 'proxies stopped receiving endpoint updates and sent requests to addresses that had left',
    },
  ],
  rootCause: 'control-plane: endpoint updates frozen; song moved',
  hits: ['gateway → song', 'playlist → song'],
  durationSeconds: 60,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 6,
      title: 'Endpoint updates freeze',
      expect: 'nothing to be seen anywhere',
      actions: fault({ kind: 'freeze-endpoints', on: true }),
    },
    {
      atSeconds: 14,
      title: 'song-1 and song-2 are deployed to other addresses',
      expect: 'every client is connected and in sync, and calls to song are refused',
      actions: [
        { kind: 'move', instance: 'song-1', host: 3 },
        { kind: 'move', instance: 'song-2', host: 4 },
      ],
    },
    {
      atSeconds: 38,
      title: 'Updates flow again',
      expect: 'the new addresses arrive and calls work',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 15, toleranceSeconds: 4 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 38, toleranceSeconds: 2 },
  ],
};
