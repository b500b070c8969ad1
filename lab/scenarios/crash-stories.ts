import { CALM, type LabAction, type Scenario, type Step } from './scenario.ts';

const CLEAR: LabAction = { kind: 'clear-faults', part: 'control-plane' };

function oversize(service: string): readonly LabAction[] {
  return [
    { kind: 'control-plane-fault', fault: { kind: 'oversized-route', service, routes: 2000 } },
  ];
}

/** Without a restart: what is rehearsed is the push, not the deployment. */
function limit(atSeconds: number, instances: readonly string[]): Step {
  return {
    atSeconds,
    title: 'These proxies have a hard limit, and die where others refuse',
    expect: 'nothing: the configuration fits',
    actions: [{ kind: 'hard-limit', instances }],
  };
}

export const configTooBig: Scenario = {
  name: 'config-too-big',
  title: 'A generated configuration is too large, and alternates with a good one',
  story:
    'The route of song is generated anew every few seconds, by old code and by new code in turn. The new code doubles it; proxies have a hard limit and die of it. So errors come and go, which looks like anything but a configuration.',
  cites: [
    {
      title: 'Cloudflare blog, Cloudflare outage on November 18, 2025',
      what: 'a feature file of twice the size, generated every five minutes, good and bad in turn; proxies panicked over a preallocated limit',
    },
  ],
  rootCause:
    'control-plane: pushed a route of song larger than the proxies can hold, every other time',
  headline: 'Proxies die of a push',
  names: ['gateway', 'playlist'],
  // Nothing leaves a proxy that is dead: what fails is what is asked of it.
  hits: ['users → gateway'],
  touches: ['playlist', 'song', 'artist', 'image'],
  durationSeconds: 65,
  defaultSpeed: 1,
  steps: [
    CALM,
    limit(3, ['gateway-1', 'playlist-1']),
    {
      atSeconds: 12,
      title: 'The route of song is too large',
      expect: 'the proxies of gateway and playlist end, start, and end again; every page fails',
      actions: oversize('song'),
    },
    {
      atSeconds: 22,
      title: 'The next one fits',
      expect: 'the proxies stay up, pages recover',
      actions: [CLEAR],
    },
    {
      atSeconds: 34,
      title: 'The next one is too large again',
      expect: 'as before',
      actions: oversize('song'),
    },
    {
      atSeconds: 44,
      title: 'The generator is stopped at a good one',
      expect: 'pages recover for good',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'push-fatal', subject: 'control plane', atSeconds: 12, toleranceSeconds: 2 },
    { event: 'failures-began', subject: 'users → gateway', atSeconds: 12, toleranceSeconds: 3 },
    // A proxy that has crashed for long waits up to 10 s before it is started again, and then it has to start.
    { event: 'failures-ended', subject: 'users → gateway', atSeconds: 53, toleranceSeconds: 10 },
  ],
};

export const proxyCrashLoop: Scenario = {
  name: 'proxy-crash-loop',
  title: 'One change kills every proxy at once',
  story:
    'A change goes to all proxies at the same time. None survives it, each is restarted into it again, and the load that waits makes it no easier.',
  cites: [
    {
      title: 'Spotify Engineering, Incident Report: Spotify Outage on April 16, 2025',
      what: 'a changed order of filters, rolled out to all regions at once, crashed every proxy; restarts ended in a loop',
    },
  ],
  rootCause: 'control-plane: pushed a route of image that every proxy crashes on',
  headline: 'Proxies die of a push',
  names: ['gateway', 'song', 'artist'],
  hits: ['users → gateway'],
  touches: ['playlist', 'song', 'artist', 'image'],
  durationSeconds: 60,
  defaultSpeed: 1,
  steps: [
    CALM,
    limit(3, ['gateway-1', 'song-1', 'song-2', 'artist-1', 'artist-2']),
    {
      atSeconds: 20,
      title: 'The route of image is too large for them',
      expect: 'the proxies of gateway, song and artist crash and go on crashing',
      actions: oversize('image'),
    },
    {
      atSeconds: 36,
      title: 'The change is taken back',
      expect: 'each proxy stays up after its next start; pages recover',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'push-fatal', subject: 'control plane', atSeconds: 20, toleranceSeconds: 2 },
    { event: 'failures-began', subject: 'users → gateway', atSeconds: 20, toleranceSeconds: 3 },
    // As above: up to 10 s of waiting, and the start.
    { event: 'failures-ended', subject: 'users → gateway', atSeconds: 45, toleranceSeconds: 10 },
  ],
};
