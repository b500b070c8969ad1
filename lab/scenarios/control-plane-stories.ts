import { CALM, type LabAction, type Scenario } from './scenario.ts';

/** What boots during the outage is worse off than what runs. */
export const crashAndChurn: Scenario = {
  name: 'crash-and-churn',
  title: 'Control plane killed while a sidecar restarts',
  story:
    'The control plane is killed and nothing fails. Then the proxy of playlist restarts: it has no map to go on with, and asks a server that is not there.',
  cites: [
    {
      title: 'gRPC proposals A57 and A88',
      what: 'a client that was never answered has nothing cached; ignoring errors defers the outage until clients are restarted',
    },
    {
      title: 'Monzo community, Current account payments may fail (27 October 2017)',
      what: 'proxies lived on without updates; restarting all of them made a partial outage a total one',
    },
  ],
  rootCause: 'control-plane: killed; the sidecar of playlist-1 was restarted without it',
  headline: 'Control plane lost',
  names: ['playlist', 'song'],
  hits: ['playlist → song', 'gateway → playlist'],
  durationSeconds: 60,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 6,
      title: 'The control plane is killed',
      expect: 'edges turn to cached, no call fails',
      actions: [{ kind: 'signal', process: 'control-plane', signal: 'SIGKILL' }],
    },
    {
      atSeconds: 14,
      title: 'The sidecar of playlist-1 restarts',
      expect: 'its calls find no mapping: 503 after a second of waiting',
      actions: [
        { kind: 'signal', process: 'playlist-1-sidecar', signal: 'SIGKILL' },
        { kind: 'start', process: 'playlist-1-sidecar' },
      ],
    },
    {
      atSeconds: 34,
      title: 'The control plane is started again',
      expect: 'the sidecar gets its first map within its backoff, and its calls work',
      actions: [
        {
          kind: 'start',
          process: 'control-plane',
          versions: 'continued',
        },
      ],
    },
  ],
  timeline: [
    { event: 'control-plane-lost', subject: 'control plane', atSeconds: 6, toleranceSeconds: 3 },
    { event: 'failures-began', subject: 'playlist → song', atSeconds: 14, toleranceSeconds: 4 },
    {
      event: 'control-plane-restored',
      subject: 'control plane',
      atSeconds: 34,
      toleranceSeconds: 12,
    },
  ],
};

export const controlPlaneHang: Scenario = {
  name: 'control-plane-hang',
  title: 'Control plane frozen, not dead',
  story:
    'The control plane stops answering but keeps its connections. Only a client that asks for a sign of life notices: sidecars ping, the gRPC library waits five minutes.',
  cites: [
    {
      title: 'Envoy documentation, management server',
      what: 'TCP or HTTP/2 keepalive is needed to notice a control plane that hangs',
    },
    {
      title: 'Roblox, Return to Service 10/28-10/31 2021',
      what: 'a control plane that was slow rather than gone held everything up for 73 hours',
    },
  ],
  rootCause: 'control-plane: frozen (SIGSTOP)',
  hits: [],
  durationSeconds: 50,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 6,
      title: 'The control plane freezes',
      expect:
        'sidecars lose their stream after an unanswered ping, at most 7 s later; no call fails',
      actions: [{ kind: 'signal', process: 'control-plane', signal: 'SIGSTOP' }],
    },
    {
      atSeconds: 32,
      title: 'It goes on',
      expect: 'every stream is back within its backoff',
      actions: [{ kind: 'signal', process: 'control-plane', signal: 'SIGCONT' }],
    },
  ],
  timeline: [
    { event: 'control-plane-lost', subject: 'control plane', atSeconds: 6, toleranceSeconds: 9 },
    {
      event: 'control-plane-restored',
      subject: 'control plane',
      atSeconds: 32,
      toleranceSeconds: 12,
    },
  ],
};

export const partition: Scenario = {
  name: 'partition',
  title: 'Some data planes cut off from the control plane during a deploy',
  story:
    'Everybody lives, but nothing passes between zone b, where playlist stands, and the control plane. song is deployed to other addresses: zone a is told and goes on, zone b calls where song was.',
  cites: [
    {
      title: 'Cloudflare blog, A Byzantine failure in the real world (2 November 2020)',
      what: 'a switch that half failed: some members of a control plane lost others that everybody else still reached',
    },
    {
      title: 'gRPC proposal A95',
      what: 'endpoints that are held on to while they leave, one by one',
    },
  ],
  rootCause:
    'network: the link between zone b and the control plane drops everything; song moved meanwhile',
  headline: 'Cut off from the control plane',
  names: ['playlist', 'song'],
  hits: ['playlist → song', 'gateway → playlist', 'users → gateway'],
  durationSeconds: 90,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 6,
      title: 'The link between zone b and the control plane drops everything',
      expect:
        'playlist-1 and artist-2 lose their streams after an unanswered ping; their edges turn to cached, all others stay live',
      actions: [{ kind: 'relay-fault', fault: { link: 'xds-zone-b', kind: 'blackhole' } }],
    },
    {
      atSeconds: 36,
      title: 'song-1 and song-2 are deployed to other addresses',
      expect: 'calls from playlist are refused, calls from gateway go on',
      actions: [
        { kind: 'move', instance: 'song-1', host: 3 },
        { kind: 'move', instance: 'song-2', host: 4 },
      ],
    },
    {
      atSeconds: 60,
      title: 'The link heals',
      expect: 'zone b returns, takes up the new addresses, and its calls work',
      actions: [{ kind: 'clear-faults', part: 'relay' }],
    },
  ],
  timeline: [
    { event: 'clients-cut-off', subject: 'control plane', atSeconds: 6, toleranceSeconds: 9 },
    { event: 'failures-began', subject: 'playlist → song', atSeconds: 37, toleranceSeconds: 4 },
    { event: 'failures-ended', subject: 'playlist → song', atSeconds: 60, toleranceSeconds: 14 },
    { event: 'clients-back', subject: 'control plane', atSeconds: 60, toleranceSeconds: 16 },
  ],
};

/** Each counts the version up and alters nothing that routing asks for: a lab that has just started stands at 1. */
const HARMLESS_RELEASES: readonly LabAction[] = ['r2', 'r3', 'r4', 'r5'].flatMap((release) => [
  { kind: 'release', release, drop: [] },
  { kind: 'rollback', touched: true },
]);

export const lowerVersionRestart: Scenario = {
  name: 'lower-version-restart',
  title: 'Control plane restarts and counts from 1 again',
  story:
    'Versions are opaque, so a restarted control plane may begin anew. Clients must take the lower number; whoever compares versions drops live resources.',
  cites: [
    {
      title: 'grpc-java issue 12663 (February 2026)',
      what: 'an older set of resources on a new stream, read as deletions',
    },
    {
      title: 'Envoy documentation, xDS REST and gRPC protocol',
      what: 'version_info is opaque; a new stream is answered in full',
    },
  ],
  rootCause: 'control-plane: restarted without its state; versions went backwards',
  hits: [],
  durationSeconds: 43,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 2,
      title: 'Four releases, each taken back',
      expect: 'the version counts up, and every client acknowledges it',
      actions: HARMLESS_RELEASES,
    },
    {
      atSeconds: 9,
      title: 'The control plane is killed and started again at once',
      expect: 'every client is back within its backoff and holds a lower version; no call fails',
      actions: [
        { kind: 'signal', process: 'control-plane', signal: 'SIGKILL' },
        {
          kind: 'start',
          process: 'control-plane',
          env: { CONTROL_PLANE_FIRST_VERSION: '1' },
        },
      ],
    },
  ],
  timeline: [
    { event: 'version-regressed', subject: 'control plane', atSeconds: 9, toleranceSeconds: 14 },
  ],
};

export const thunderingHerd: Scenario = {
  name: 'thundering-herd',
  title: 'Three hundred clients return at once',
  story:
    'The control plane serves three hundred further clients when it is killed. When it is back, they return as their backoff lets them: the longer it was away, the longer the ramp. All of them want everything.',
  cites: [
    {
      title: 'Google Cloud status, 12 June 2025',
      what: 'recovery was slowed by the herd of clients that started again together',
    },
    {
      title: 'grpc/grpc, doc/connection-backoff.md',
      what: 'exponential backoff with jitter, up to two minutes',
    },
  ],
  rootCause: 'control-plane: killed; its clients return in a ramp',
  hits: [],
  durationSeconds: 90,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 3,
      title: 'Three hundred clients connect',
      expect: 'the control plane counts them; nothing else changes',
      actions: [{ kind: 'herd', streams: 300 }],
    },
    {
      atSeconds: 12,
      title: 'The control plane is killed',
      expect: 'no call fails',
      actions: [{ kind: 'signal', process: 'control-plane', signal: 'SIGKILL' }],
    },
    {
      atSeconds: 32,
      title: 'The control plane is started again',
      expect: 'a ramp of about the length of the outage; the last client is the slowest to notice',
      actions: [
        {
          kind: 'start',
          process: 'control-plane',
          versions: 'continued',
        },
      ],
    },
    {
      atSeconds: 84,
      title: 'The three hundred leave',
      expect: 'nothing to be seen by users',
      actions: [{ kind: 'herd', streams: 0 }],
    },
  ],
  timeline: [
    { event: 'control-plane-lost', subject: 'control plane', atSeconds: 12, toleranceSeconds: 3 },
    {
      event: 'control-plane-restored',
      subject: 'control plane',
      atSeconds: 32,
      toleranceSeconds: 40,
    },
  ],
};
