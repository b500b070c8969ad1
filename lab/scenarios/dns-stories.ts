import { CALM, type LabAction, type Scenario, type Step } from './scenario.ts';

const CLEAR: LabAction = { kind: 'clear-faults', part: 'dns' };

/** A mixed estate, as most are: these edges have always been found by DNS. */
const ON_DNS: Step = {
  atSeconds: 4,
  title: 'gateway → song and playlist → song are found by DNS',
  expect: 'no errors; the edges turn to DNS',
  actions: [
    { kind: 'route', caller: 'gateway', callee: 'song', mode: 'dns' },
    { kind: 'route', caller: 'playlist', callee: 'song', mode: 'dns' },
  ],
};
const HITS = ['gateway → song', 'playlist → song'];

export const dnsFailure: Scenario = {
  name: 'dns-failure',
  title: 'The name server answers SERVFAIL',
  story:
    'Two edges are found by DNS. The name server begins to fail; answers that are held serve on until their TTL of five seconds ends.',
  cites: [
    {
      title:
        'Cloudflare blog, Understanding how Facebook disappeared from the Internet (4 October 2021)',
      what: 'SERVFAIL was the first symptom that others saw',
    },
    {
      title: 'Spotify Engineering, Incident Report: January 14 2023',
      what: 'resolvers that pulled an invalid configuration',
    },
  ],
  rootCause: 'dns: the name server answers SERVFAIL for everything',
  hits: HITS,
  durationSeconds: 45,
  defaultSpeed: 1,
  steps: [
    CALM,
    ON_DNS,
    {
      atSeconds: 12,
      title: 'The name server answers SERVFAIL',
      expect: 'within five seconds calls to song fail with dns_servfail; mesh edges do not',
      actions: [{ kind: 'dns-fault', fault: { kind: 'servfail' } }],
    },
    {
      atSeconds: 30,
      title: 'The name server recovers',
      expect: 'calls work within a second',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'dns-failing', subject: 'DNS', atSeconds: 12, toleranceSeconds: 8 },
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 12, toleranceSeconds: 8 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 30, toleranceSeconds: 3 },
  ],
};

export const dnsEmpty: Scenario = {
  name: 'dns-empty',
  title: 'The name exists and has no address',
  story:
    'Two writers plan the records of song; the older plan is applied last, and a cleanup then deletes it. The name stays, its addresses are gone.',
  cites: [
    {
      title:
        'AWS, Summary of the Amazon DynamoDB Service Disruption in us-east-1 (19 and 20 October 2025)',
      what: 'a race between two DNS enactors left an empty record',
    },
  ],
  rootCause: 'dns: the record of song is empty',
  hits: HITS,
  durationSeconds: 45,
  defaultSpeed: 1,
  steps: [
    CALM,
    ON_DNS,
    {
      atSeconds: 12,
      title: 'The record of song is emptied',
      expect: 'within five seconds calls to song fail with empty_endpoints',
      actions: [{ kind: 'dns-fault', fault: { kind: 'empty', names: ['song.lab'] } }],
    },
    {
      atSeconds: 30,
      title: 'The record is restored',
      expect: 'calls work within a second',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 12, toleranceSeconds: 8 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 30, toleranceSeconds: 3 },
  ],
};

export const dnsStale: Scenario = {
  name: 'dns-stale',
  title: 'The name server goes on with old addresses',
  story:
    'The zone stops following the registry. song is deployed elsewhere; the name still leads to where it was.',
  cites: [
    {
      title:
        'Slack Engineering, A Terrible, Horrible, No-Good, Very Bad Day at Slack (12 May 2020)',
      what: 'a list of hosts that was no longer updated, and a scale-down',
    },
    {
      title:
        'AWS, Summary of the Amazon DynamoDB Service Disruption in us-east-1 (19 and 20 October 2025)',
      what: 'an old plan applied over a newer one',
    },
  ],
  rootCause: 'dns: the zone no longer follows the registry; song moved',
  hits: HITS,
  durationSeconds: 60,
  defaultSpeed: 1,
  steps: [
    CALM,
    ON_DNS,
    {
      atSeconds: 10,
      title: 'The zone stops following the registry',
      expect: 'nothing to be seen',
      actions: [{ kind: 'dns-fault', fault: { kind: 'stale' } }],
    },
    {
      atSeconds: 14,
      title: 'song-1 and song-2 are deployed to other addresses',
      expect: 'calls to song are refused',
      actions: [
        { kind: 'move', instance: 'song-1', host: 3 },
        { kind: 'move', instance: 'song-2', host: 4 },
      ],
    },
    {
      atSeconds: 38,
      title: 'The zone follows again',
      expect: 'within the TTL of five seconds calls work',
      actions: [CLEAR],
    },
  ],
  timeline: [
    { event: 'failures-began', subject: 'gateway → song', atSeconds: 15, toleranceSeconds: 4 },
    { event: 'failures-ended', subject: 'gateway → song', atSeconds: 38, toleranceSeconds: 7 },
  ],
};
