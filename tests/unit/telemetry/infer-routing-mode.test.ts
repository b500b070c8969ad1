import { describe, expect, test } from 'vitest';
import { inferRoutingMode, type RoutingEvidence } from '#telemetry/infer-routing-mode.ts';

const judged = (evidence: RoutingEvidence): string => {
  const { mode, confidence, rule } = inferRoutingMode(evidence);
  return `${mode} ${confidence} ${rule}`;
};

/** One line for each way that a rule can be met: the evidence, and what follows from it. */
const ROWS: ReadonlyArray<readonly [RoutingEvidence, string]> = [
  [{ statedMode: 'xds', statedSource: 'stream', connected: true }, 'xds-live certain 1'],
  [{ statedMode: 'xds', statedSource: 'cache' }, 'xds-cached certain 1'],
  [{ statedMode: 'xds', connected: false }, 'xds-cached certain 1'],
  [{ statedMode: 'xds', statedSource: 'fallback' }, 'xds-fallback certain 1'],
  [{ statedMode: 'xds', errorType: 'no_mapping' }, 'xds-none certain 1'],
  [
    { statedMode: 'xds', errorType: 'empty_endpoints', statedSource: 'cache' },
    'xds-none certain 1',
  ],
  [{ statedMode: 'xds', errorType: 'connect_refused' }, 'xds-live certain 1'],
  [{ statedMode: 'mesh' }, 'xds-live certain 1'],
  [{ statedMode: 'dns', errorType: 'dns_timeout' }, 'dns certain 1'],
  [{ statedMode: 'static' }, 'static certain 1'],
  [{ statedMode: 'direct' }, 'direct certain 1'],
  [{ statedMode: 'carrier-pigeon', grpcTarget: 'dns:///a' }, 'dns certain 3'],
  [
    { statedMode: 'xds', connected: false, grpcTarget: 'xds:///login', errorType: 'UNAVAILABLE' },
    'xds-cached certain 1',
  ],
  [
    {
      statedMode: 'xds',
      statedSource: 'cache',
      grpcTarget: 'xds:///login',
      errorType: 'UNAVAILABLE',
      statusMessage: 'UNAVAILABLE: Listener login does not exist',
    },
    'xds-none certain 1',
  ],
  [{ grpcTarget: 'xds:///login' }, 'xds-live certain 2'],
  [{ grpcTarget: 'xds:///login', connected: false }, 'xds-cached certain 2'],
  [
    { grpcTarget: 'xds:///login', statusMessage: 'Listener login does not exist' },
    'xds-none certain 2',
  ],
  [
    {
      grpcTarget: 'xds:///login',
      statusMessage: 'UNAVAILABLE: No connection established. Last error: null. Resolution note: ',
    },
    'xds-none certain 2',
  ],
  [
    { grpcTarget: 'xds:///login', statusMessage: 'UNAVAILABLE: connect ECONNREFUSED 127.0.11.1' },
    'xds-live certain 2',
  ],
  [{ urlFull: 'xds:///login' }, 'xds-live certain 2'],
  [{ grpcTarget: 'dns://127.0.9.1:5354/login.lab:9090' }, 'dns certain 3'],
  [{ grpcTarget: 'login.lab:9090' }, 'dns certain 3'],
  [{ grpcTarget: 'ipv4:10.0.0.1:80' }, 'direct certain 4'],
  [{ grpcTarget: 'ipv6:[::1]:80' }, 'direct certain 4'],
  [{ grpcTarget: 'unix:/run/a.sock' }, 'direct certain 4'],
  [{ grpcTarget: 'static:///a' }, 'direct certain 4'],
  [{ grpcTarget: '10.0.0.1:9090' }, 'direct certain 4'],
  [{ upstreamCluster: 'PassthroughCluster' }, 'direct high 5'],
  [{ upstreamCluster: 'original_dst' }, 'direct high 5'],
  [{ upstreamCluster: 'BlackHoleCluster' }, 'xds-none high 6'],
  [{ responseFlags: 'UH,NR' }, 'xds-none high 6'],
  [{ responseFlags: 'NC' }, 'xds-none high 6'],
  [{ statedMode: 'xds', responseFlags: 'NR' }, 'xds-none certain 1'],
  [{ statedMode: 'xds', responseFlags: 'UH' }, 'xds-none certain 1'],
  [{ statedMode: 'xds', responseFlags: 'UF,URX' }, 'xds-live certain 1'],
  [{ statedMode: 'dns', responseFlags: 'UH' }, 'dns certain 1'],
  [{ responseFlags: 'DF' }, 'dns high 7'],
  [{ errorType: 'ENOTFOUND' }, 'dns high 7'],
  [{ errorType: 'EAI_AGAIN' }, 'dns high 7'],
  [{ statusMessage: 'Name resolution failed for target dns:login:9090' }, 'dns high 7'],
  [{ isProxy: true, upstreamCluster: 'song-dns' }, 'dns high 8'],
  [{ isProxy: true, upstreamCluster: 'strict_dns_song' }, 'dns high 8'],
  [{ upstreamCluster: 'song-dns' }, 'unknown none 17'],
  [{ isIstio: true }, 'xds-live medium 9'],
  [{ upstreamCluster: 'outbound|80||song.default' }, 'xds-live medium 9'],
  [{ isProxy: true }, 'xds-live medium 9'],
  [{ lbBackendService: 'song' }, 'xds-live high 10'],
  [{ lbLocality: 'zone-a' }, 'xds-live high 10'],
  [{ lbLocality: '' }, 'unknown none 17'],
  [{ statusMessage: 'CDS resource song does not exist' }, 'xds-none high 11'],
  [{ statusMessage: 'priority policy has empty priority list' }, 'xds-none high 11'],
  [{ statusMessage: 'weighted_target: no children' }, 'xds-none high 11'],
  [{ isLinkerd: true }, 'xds-live medium 12'],
  [{ rpcSystem: 'grpc' }, 'xds-live medium 13'],
  [{ rpcSystem: 'grpc', serverAddress: 'login' }, 'unknown none 17'],
  [{ hasDnsLookup: true, serverAddress: 'song' }, 'dns medium 14'],
  [{ serverAddress: '10.0.0.7', serverPort: 80 }, 'direct medium 15'],
  [{ serverAddress: '::1' }, 'direct medium 15'],
  [{ serverAddress: '10.0.0.7', parentIsProxy: true }, 'unknown none 17'],
  [{ serverAddress: 'song', networkPeerAddress: '10.0.0.7' }, 'dns medium 16'],
  [{ serverAddress: 'localhost', networkPeerAddress: '127.0.0.1' }, 'unknown none 17'],
  [
    { serverAddress: 'song', networkPeerAddress: '10.0.0.7', parentIsProxy: true },
    'unknown none 17',
  ],
  [{ serverAddress: 'song' }, 'unknown none 17'],
  [{ urlFull: 'http://song/1' }, 'unknown none 17'],
  [{}, 'unknown none 17'],
];

describe('inferRoutingMode', () => {
  test.each(ROWS)('judges %j as %s', (evidence, expected) => {
    expect(judged(evidence)).toBe(expected);
  });

  test('leaves a call to the own sidecar to the sidecar', () => {
    const judgement = inferRoutingMode({ serverAddress: '127.0.12.1', serverPort: 15001 });
    expect(judgement).toEqual({ mode: 'unknown', confidence: 'none', rule: 15, toSidecar: true });
  });
});
