import { CALM, type Scenario } from './scenario.ts';

/** The seed story told plainly: the server of the map dies, the map goes stale, DNS brings the calls back. */
export const controlPlaneCrash: Scenario = {
  name: 'control-plane-crash',
  title: 'Control plane killed while endpoints move',
  story:
    'The control plane is killed. Nothing fails: every sidecar goes on with the last map it had. Then artist is deployed elsewhere, and the map is wrong. DNS knows the new addresses, so its callers move there until the control plane is back.',
  cites: [
    {
      title: 'Envoy documentation, xDS protocol and management server',
      what: 'a data plane that loses its control plane keeps its last configuration',
    },
    {
      title: 'gRPC proposals A57 and A88',
      what: 'errors of the stream are not errors of the data; cached configuration serves on and defers the outage',
    },
  ],
  rootCause: 'control-plane: killed; the addresses of artist moved while no update could be sent',
  headline: 'Control plane lost',
  names: ['gateway', 'song', 'artist'],
  // Not artist → image: by the time that anybody reaches a new artist for a picture, it asks by DNS.
  hits: ['gateway → artist', 'song → artist', 'gateway → song'],
  durationSeconds: 100,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 8,
      title: 'The control plane is killed',
      expect: 'streams break, edges turn to cached, no call fails',
      actions: [{ kind: 'signal', process: 'control-plane', signal: 'SIGKILL' }],
    },
    {
      atSeconds: 18,
      title: 'artist-1 is deployed to another address',
      expect: 'half of the map is wrong; retries hide it',
      actions: [{ kind: 'move', instance: 'artist-1', host: 3 }],
    },
    {
      atSeconds: 28,
      title: 'artist-2 is deployed to another address',
      expect: 'no address in the map is right: calls to artist are refused',
      actions: [{ kind: 'move', instance: 'artist-2', host: 4 }],
    },
    {
      atSeconds: 43,
      title: 'song → artist to DNS',
      expect: 'the edge recovers',
      actions: [{ kind: 'route', caller: 'song', callee: 'artist', mode: 'dns' }],
    },
    {
      atSeconds: 47,
      title: 'artist → image to DNS',
      expect: 'the new proxies of artist booted without a map: now they need none',
      actions: [{ kind: 'route', caller: 'artist', callee: 'image', mode: 'dns' }],
    },
    {
      atSeconds: 50,
      title: 'gateway → artist to DNS',
      expect: 'no errors left, although the control plane is still dead',
      actions: [{ kind: 'route', caller: 'gateway', callee: 'artist', mode: 'dns' }],
    },
    {
      atSeconds: 60,
      title: 'The control plane is started again',
      expect: 'clients return one by one, as their backoff lets them',
      actions: [
        {
          kind: 'start',
          process: 'control-plane',
          // A restart that counts on: going backwards is a story of its own (lower-version-restart).
          versions: 'continued',
        },
      ],
    },
    {
      atSeconds: 78,
      title: 'Return to the mesh: song → artist',
      expect: 'no errors',
      actions: [{ kind: 'route', caller: 'song', callee: 'artist', mode: 'xds' }],
    },
    {
      atSeconds: 84,
      title: 'Return to the mesh: gateway → artist',
      expect: 'no errors',
      actions: [{ kind: 'route', caller: 'gateway', callee: 'artist', mode: 'xds' }],
    },
    {
      atSeconds: 88,
      title: 'Return to the mesh: artist → image',
      expect: 'no errors',
      actions: [{ kind: 'route', caller: 'artist', callee: 'image', mode: 'xds' }],
    },
  ],
  timeline: [
    {
      event: 'control-plane-lost',
      subject: 'control plane',
      atSeconds: 8,
      toleranceSeconds: 3,
    },
    // First attempts are refused from the first move on; retries hide it from users until the last address is gone.
    { event: 'failures-began', subject: 'song → artist', atSeconds: 18, toleranceSeconds: 5 },
    { event: 'failures-began', subject: 'users → gateway', atSeconds: 28, toleranceSeconds: 3 },
    { event: 'shift-began', subject: 'song → artist', atSeconds: 43, toleranceSeconds: 2 },
    { event: 'shift-ended', subject: 'gateway → artist', atSeconds: 50, toleranceSeconds: 2 },
    { event: 'mitigated', subject: '', atSeconds: 50, toleranceSeconds: 3 },
    {
      event: 'control-plane-restored',
      subject: 'control plane',
      atSeconds: 60,
      toleranceSeconds: 12,
    },
  ],
};
