import { buildControlPlaneView } from '#analysis/control-plane/build-control-plane-view.ts';
import type {
  ControlPlaneView,
  Push,
  XdsClient,
  XdsClientVerdict,
  XdsTypeState,
} from '#analysis/control-plane/xds-client.ts';
import { buildServiceMap } from '#analysis/service-map/build-service-map.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { type CallEdge, USERS } from '#telemetry/call-edge.ts';
import { bucketOf, emptyHistogram } from '#telemetry/latency-histogram.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { addNs, fromUnixMs, NS_PER_SECOND, secondOf, type UnixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** Three moments: all by the mesh; names gone and half the callers moved; the control plane dead, all from cache. */
export type FixtureMoment = 'calm' | 'midst' | 'lost';

const START = fromUnixMs(1_700_000_000_000);
const WINDOW_SECONDS = 5;

/** One way of an edge a line: ends, mode, calls/s, failed/s, p99 in ms. */
const CALM = `
  users>gateway direct 240 0 80
  gateway>login xds-live 24 0 38
  gateway>playlist xds-live 96 0 61
  gateway>artist xds-live 60 0 22
  gateway>image xds-live 60 0 12
  playlist>song xds-live 144 0 31
  song>artist xds-live 48 0 22
  artist>image xds-live 63 0 12
  artist>api.lyrics.example direct 21 0 88
  login>accounts-db direct 24 0 4`;

const MIDST = `
  users>gateway direct 240 24 80
  gateway>login xds-none 24 24 3
  gateway>playlist dns 96 0 61
  gateway>artist dns 60 0 22
  gateway>image xds-live 60 0 12
  playlist>song dns 144 24 31
  song>artist dns 24 0 22
  song>artist xds-none 24 24 3
  artist>image xds-live 32 0 12
  artist>image xds-cached 31 0 12
  artist>api.lyrics.example direct 21 0 88`;

/** The clients and their verdicts amid the story. */
const CLIENTS: readonly (readonly [string, XdsClient['kind'], XdsClientVerdict])[] = [
  ['gateway-1-grpc', 'grpc', 'failing'],
  ['gateway-1', 'sidecar', 'names-gone'],
  ['login-1', 'sidecar', 'in-sync'],
  ['playlist-1', 'sidecar', 'names-gone'],
  ['song-1', 'sidecar', 'names-gone'],
  ['song-2', 'sidecar', 'failing'],
  ['artist-1', 'sidecar', 'rejected'],
  ['artist-2', 'sidecar', 'stream-lost'],
  ['image-1', 'sidecar', 'not-acked'],
];

/** The map of one moment of the story, built by the product's own function. */
export function mapFixture(moment: FixtureMoment, at: UnixNano = START): ServiceMap {
  const known = edgesFromText(CALM);
  const edges = moment === 'midst' ? edgesFromText(MIDST) : known;
  return buildServiceMap({
    window: { startUnixNano: addNs(at, -WINDOW_SECONDS * NS_PER_SECOND), endUnixNano: at },
    edges: moment === 'lost' ? edges.map(fromCache) : edges,
    services: [],
    instances: ['song-1', 'song-2', 'artist-1', 'artist-2'].map((instance) => ({
      service: instance.slice(0, -2),
      instance,
      firstSecond: secondOf(START),
      lastSecond: secondOf(at),
    })),
    controlPlane: controlPlaneFixture(moment, at),
    dns: {
      service: 'dns',
      names: 5,
      queriesPerSecond: moment === 'midst' ? 2.4 : 0.8,
      failuresPerSecond: 0,
      lastReportUnixNano: at,
    },
    known,
    usual: new Map(known.map((edge) => [edgeId(edge), edge.mode])),
  });
}

export function controlPlaneFixture(moment: FixtureMoment, at: UnixNano = START): ControlPlaneView {
  const isCalm = moment === 'calm';
  const resources = isCalm ? 5 : 1;
  return buildControlPlaneView({
    atUnixNano: at,
    server: {
      service: 'control-plane',
      instance: 'xds-1',
      version: isCalm ? 'v41' : 'v42',
      release: isCalm ? 'r41' : 'r42',
      lastReportUnixNano: at,
      connectedClients: CLIENTS.length,
      resources: { CDS: resources, EDS: resources, LDS: resources, RDS: resources },
      acks: 212,
      nacks: isCalm ? 0 : 1,
      ...(moment === 'lost' ? { silentSinceUnixNano: addNs(at, -34 * NS_PER_SECOND) } : {}),
    },
    clients: CLIENTS.map(([id, kind, verdict]) =>
      toClient(id, kind, verdictAt(moment, verdict), at),
    ),
    pushes: CLIENTS.flatMap(([id, , verdict], i) =>
      pushesTo(id, verdictAt(moment, verdict), i, at),
    ),
    releases: isCalm
      ? []
      : [
          {
            unixNano: addNs(at, -72 * NS_PER_SECOND),
            version: 'v42',
            release: 'r42',
            resourcesBefore: 22,
            resourcesAfter: 4,
          },
        ],
  });
}

function verdictAt(moment: FixtureMoment, midst: XdsClientVerdict): XdsClientVerdict {
  return { calm: 'in-sync' as const, midst, lost: 'stream-lost' as const }[moment];
}

const HELD: Readonly<Partial<Record<XdsClientVerdict, string>>> = {
  failing: 'v42',
  'names-gone': 'v42',
  rejected: 'v42',
};
const RISK: Readonly<Partial<Record<XdsClientVerdict, XdsClient['restartRisk']>>> = {
  failing: 'stays-broken',
  rejected: 'would-break',
  'stream-lost': 'would-break',
};

function toClient(
  id: string,
  kind: XdsClient['kind'],
  verdict: XdsClientVerdict,
  at: UnixNano,
): XdsClient {
  return {
    id,
    service: id.replace(/-\d+(-grpc)?$/, ''),
    kind,
    server: '127.0.9.1:18000',
    connected: verdict !== 'stream-lost',
    connectedSinceUnixNano: addNs(at, -101 * NS_PER_SECOND),
    types: Object.fromEntries(XDS_TYPES.map((type) => [type, toTypeState(type, verdict, at)])),
    lastReportUnixNano: at,
    isSilent: false,
    verdict,
    reason: verdict === 'in-sync' ? 'connected, everything acknowledged' : `${verdict}, by fixture`,
    noConfigRatio: verdict === 'failing' ? 1 : 0,
    restartRisk: RISK[verdict] ?? 'safe',
  };
}

function toTypeState(type: XdsType, verdict: XdsClientVerdict, at: UnixNano): XdsTypeState {
  const acked = HELD[verdict] ?? 'v41';
  const isGone = verdict === 'failing' || verdict === 'names-gone';
  return {
    received: acked,
    acked,
    resources: isGone ? 1 : 5,
    missing: isGone && type !== 'EDS' && type !== 'RDS' ? ['login'] : [],
    changedUnixNano: addNs(at, -72 * NS_PER_SECOND),
    ...(verdict === 'not-acked' ? { received: 'v42' } : {}),
    ...(verdict === 'rejected' && type === 'CDS'
      ? {
          received: 'v43',
          rejected: 'v43',
          rejectReason:
            '[resource index 0: Cluster message validation failed: [Unsupported type STATIC]]',
        }
      : {}),
  };
}

const PUSHED_SECONDS_AGO = [180, 140, 94] as const;

function pushesTo(id: string, verdict: XdsClientVerdict, index: number, at: UnixNano): Push[] {
  const push = (secondsAgo: number, type: XdsType): Push => ({
    unixNano: addNs(at, -secondsAgo * NS_PER_SECOND + index * 40e6),
    type,
    version: 'v41',
    client: id,
    resources: 5,
    removed: 0,
    ackAfterNs: (3 + ((index * 7 + secondsAgo) % 6)) * 1e6,
    outcome: 'acked',
  });
  const earlier = PUSHED_SECONDS_AGO.map((secondsAgo, i) =>
    push(secondsAgo, XDS_TYPES[i] ?? 'CDS'),
  );
  return verdict === 'in-sync' ? earlier : [...earlier, lossOf(push(72, 'CDS'), verdict)];
}

/** The push that took the names away, with what this client made of it. */
function lossOf(push: Push, verdict: XdsClientVerdict): Push {
  const { ackAfterNs, ...unanswered } = { ...push, version: 'v42', resources: 1, removed: 4 };
  if (verdict === 'not-acked' || ackAfterNs === undefined)
    return { ...unanswered, outcome: 'silent' };
  const answered = { ...unanswered, ackAfterNs };
  return verdict === 'rejected'
    ? { ...answered, outcome: 'nacked', reason: 'Unsupported type STATIC' }
    : { ...answered, outcome: 'acked' };
}

function edgesFromText(text: string): readonly CallEdge[] {
  return text.trim().split('\n').map(edgeFromText);
}

function edgeFromText(text: string): CallEdge {
  const [ends = '', mode = '', calls = '0', errors = '0', ms = '1'] = text.trim().split(/\s+/);
  const [client = '', server = ''] = ends.split('>');
  const latency = emptyHistogram();
  latency[bucketOf(Number(ms) * 1e6)] = Number(calls) * WINDOW_SECONDS;
  return {
    client: client === 'users' ? USERS : client,
    server,
    serverKind: server.endsWith('-db') ? 'database' : server.includes('.') ? 'address' : 'service',
    mode: mode as RoutingMode,
    calls: Number(calls) * WINDOW_SECONDS,
    errors: Number(errors) * WINDOW_SECONDS,
    latency,
  };
}

function fromCache(edge: CallEdge): CallEdge {
  return edge.mode === 'xds-live' ? { ...edge, mode: 'xds-cached' } : edge;
}
