import { CALM, type Scenario } from './scenario.ts';

/** Outages in which routing has no part: Detour must not blame it. */
export const slowService: Scenario = {
  name: 'slow-service',
  title: 'image becomes slow',
  story: 'Every request to image takes 700 ms longer. Pages that show pictures are slow with it.',
  cites: [
    {
      title: 'Dean, Barroso: The Tail at Scale, CACM 56(2), 2013',
      what: 'one slow component decides the time of everything that waits for it',
    },
  ],
  rootCause: 'image: slow by 700 ms',
  hits: [],
  slows: [
    'song → image',
    'artist → image',
    'gateway → image',
    'gateway → song',
    'gateway → artist',
    'users → gateway',
  ],
  durationSeconds: 62,
  defaultSpeed: 1,
  steps: [
    {
      ...CALM,
      title: 'Calm for half a minute',
      expect:
        'usual latencies: what is slow is measured by them, also in a lab that has just started',
    },
    {
      atSeconds: 30,
      title: 'image becomes slow',
      expect: 'p95 of image, artist, song and gateway rises by 700 ms; no errors, no shift',
      actions: [{ kind: 'service-fault', service: 'image', extraMs: 700, errorRatio: 0 }],
    },
    {
      atSeconds: 50,
      title: 'image is itself again',
      expect: 'latencies fall at once',
      actions: [{ kind: 'service-fault', service: 'image', extraMs: 0, errorRatio: 0 }],
    },
  ],
  // A call is known when it ends: the first slow one 0.7 s after it began.
  timeline: [
    { event: 'slow-began', subject: 'song → image', atSeconds: 30, toleranceSeconds: 3 },
    { event: 'slow-ended', subject: 'song → image', atSeconds: 50, toleranceSeconds: 3 },
    { event: 'mitigated', subject: '', atSeconds: 50, toleranceSeconds: 3 },
  ],
};

export const errorService: Scenario = {
  name: 'error-service',
  title: 'artist answers with errors',
  story:
    'A release of artist answers every other request with 500, on all of its instances. Its callers fail with it; the mesh is in order. Proxies leave out an instance that failed three times in a row. Here that is every instance, so the panic threshold has them all called again: half of the calls work, where without it none would find an instance, for some time after the release is taken back.',
  cites: [
    {
      title: 'istio issue 20135, All endpoints ejected when using outlier detection (2020)',
      what: 'every endpoint of a failing service ejected at once, and callers told "no healthy upstream": the panic threshold was 0',
    },
    {
      title:
        'Beyer et al., Site Reliability Engineering, chapter 22: Addressing Cascading Failures',
      what: 'errors of one service become errors of its callers',
    },
  ],
  rootCause: 'artist: answers half of its requests with 500',
  hits: ['gateway → artist', 'song → artist', 'gateway → song'],
  // As operators set it who mean to be strict; Envoy's base of 30 s is 10 s on the lab's clock.
  policy: {
    outlierDetection: { consecutive5xx: 3, baseEjectionSeconds: 10, maxEjectionPercent: 100 },
  },
  durationSeconds: 54,
  defaultSpeed: 1,
  steps: [
    {
      ...CALM,
      title: 'Calm for twenty seconds',
      expect: 'no errors: what fails is measured by that, also in a lab that has just started',
    },
    {
      atSeconds: 20,
      title: 'artist answers half of its requests with 500',
      expect: 'errors on every edge towards artist and above it; mode and configuration unchanged',
      actions: [{ kind: 'service-fault', service: 'artist', extraMs: 0, errorRatio: 0.5 }],
    },
    {
      atSeconds: 40,
      title: 'artist is itself again',
      expect: 'errors end at once',
      actions: [{ kind: 'service-fault', service: 'artist', extraMs: 0, errorRatio: 0 }],
    },
  ],
  timeline: [
    // Two calls a second, half of which fail: that none of ten does, first or last, is one chance in a thousand.
    { event: 'failures-began', subject: 'gateway → artist', atSeconds: 20, toleranceSeconds: 5 },
    { event: 'failures-ended', subject: 'gateway → artist', atSeconds: 40, toleranceSeconds: 5 },
  ],
};

export const trafficSurge: Scenario = {
  name: 'traffic-surge',
  title: 'Four times the traffic',
  story: 'Users come in crowds. Everything holds: more calls, no errors, no shift.',
  cites: [
    {
      title: 'Schroeder, Wierman, Harchol-Balter: Open Versus Closed, NSDI 2006',
      what: 'load that does not wait for answers',
    },
  ],
  rootCause: 'users: four times as many requests',
  hits: [],
  durationSeconds: 40,
  defaultSpeed: 1,
  steps: [
    CALM,
    {
      atSeconds: 8,
      title: 'Traffic rises to four times the usual',
      expect: 'rates rise on every edge in proportion',
      actions: [{ kind: 'load', factor: 4 }],
    },
    {
      atSeconds: 28,
      title: 'Traffic falls back',
      expect: 'rates as before',
      actions: [{ kind: 'load', factor: 1 }],
    },
  ],
  timeline: [],
};

export const quiet: Scenario = {
  name: 'quiet',
  title: 'Nothing happens',
  story: 'An hour in which all is well. Whatever is reported about it is a false alarm.',
  cites: [
    {
      title:
        'Beyer et al., Site Reliability Engineering, chapter 6: Monitoring Distributed Systems',
      what: 'every page should be about something that needs a person',
    },
  ],
  rootCause: 'none',
  hits: [],
  durationSeconds: 3600,
  defaultSpeed: 60,
  steps: [CALM],
  timeline: [],
};
