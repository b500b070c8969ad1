import {
  CLIENTS,
  type ClientFacts,
  randomOf,
  rollVisit,
  type Story,
  type StoryClient,
  type Visit,
  type Way,
} from '#tests/support/story/tell-story.ts';

/** OTLP/JSON bodies of one second of a story. */
export interface OtlpSecond {
  readonly traces: object;
  readonly metrics: object;
}

export interface Telling {
  readonly startUnixSecond: number;
  readonly seed: number;
  readonly requestsPerSecond: number;
}

type Fact = string | number | boolean;
type Facts = Readonly<Record<string, Fact>>;

const NS_PER_MS = 1_000_000;
const XDS_SERVER = '127.0.9.1:18010';
const TYPES = ['LDS', 'RDS', 'CDS', 'EDS'] as const;
const SERVICES = ['gateway', 'login', 'playlist', 'song', 'artist', 'image'];

/** Everything the mesh of `story` would have sent about its `second`, in the words of the telemetry contract. */
export function sayAsOtlp(story: Story, second: number, telling: Telling): OtlpSecond {
  const random = randomOf(telling.seed * 1_000_003 + telling.startUnixSecond + second);
  const spans = new Map<string, object[]>();
  const at = BigInt(telling.startUnixSecond + second) * 1_000_000_000n;
  const scene: Scene = { story, second, at, random, spans };
  for (let request = 0; request < telling.requestsPerSecond; request++) {
    const visit = rollVisit(random);
    answer(scene, visit, {
      traceId: hex(random, 32),
      startNs: Math.floor(random() * 700) * NS_PER_MS,
    });
  }
  for (const release of story.releases) {
    if (release.at === second && story.controlPlaneUp(second)) sayRelease(scene, release);
  }
  return {
    traces: { resourceSpans: [...spans].map(([key, list]) => resourceSpans(key, list)) },
    metrics: { resourceMetrics: sayMetrics(scene) },
  };
}

interface Scene {
  readonly story: Story;
  readonly second: number;
  /** Start of the second, ns since the epoch. */
  readonly at: bigint;
  readonly random: () => number;
  /** By "service instance proxy?". */
  readonly spans: Map<string, object[]>;
}

interface Asked {
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly startNs: number;
}

interface Answered {
  readonly endNs: number;
  readonly failed: boolean;
}

/** The application's SERVER span with everything below it. */
function answer(scene: Scene, visit: Visit, asked: Asked): Answered {
  const spanId = hex(scene.random, 16);
  let cursor = asked.startNs + work(scene);
  let failed = false;
  for (const call of visit.calls) {
    const done = callService(scene, visit.service, call, {
      ...asked,
      parentSpanId: spanId,
      startNs: cursor,
    });
    cursor = done.endNs + work(scene);
    failed ||= done.failed;
    if (failed) break;
  }
  addSpan(scene, resourceKey(visit.service, instanceOf(scene, visit.service), false), {
    ...asked,
    spanId,
    name: visit.service === 'login' ? visit.route : `GET ${visit.route}`,
    kind: 2,
    endNs: cursor,
    failed,
    facts: { 'http.route': visit.route, 'http.response.status_code': failed ? 503 : 200 },
  });
  return { endNs: cursor, failed };
}

function callService(scene: Scene, caller: string, call: Visit, asked: Asked): Answered {
  const way = scene.story.wayOf(caller, call.service, scene.second);
  if (call.service === 'login') return callByGrpc(scene, caller, call, way, asked);
  // app CLIENT → own sidecar SERVER → attempt CLIENT → callee's sidecar SERVER → its app
  const [client, outbound] = [hex(scene.random, 16), hex(scene.random, 16)];
  const instance = instanceOf(scene, caller);
  const attempt = tryOnce(scene, caller, call, way, {
    ...asked,
    parentSpanId: outbound,
    startNs: asked.startNs + 400_000,
  });
  const status = { 'http.response.status_code': attempt.failed ? 503 : 200 };
  addSpan(scene, resourceKey(caller, instance, true), {
    traceId: asked.traceId,
    parentSpanId: client,
    spanId: outbound,
    name: 'GET',
    kind: 2,
    startNs: asked.startNs + 200_000,
    endNs: attempt.endNs + 100_000,
    failed: attempt.failed,
    facts: status,
  });
  const endNs = attempt.endNs + 300_000;
  addSpan(scene, resourceKey(caller, instance, false), {
    ...asked,
    spanId: client,
    name: 'GET',
    kind: 3,
    endNs,
    failed: attempt.failed,
    facts: { ...status, 'server.address': addressOf(caller), 'server.port': 15001 },
  });
  return { endNs, failed: attempt.failed };
}

function tryOnce(scene: Scene, caller: string, call: Visit, way: Way, asked: Asked): Answered {
  const spanId = hex(scene.random, 16);
  const failed = way === 'none' || way === 'refused';
  const resolveNs = way === 'dns' ? Math.floor(2 + scene.random() * 6) * NS_PER_MS : 0;
  const done = failed
    ? { endNs: asked.startNs + (way === 'none' ? 2 : 4) * NS_PER_MS, failed }
    : inbound(scene, call, { ...asked, parentSpanId: spanId, startNs: asked.startNs + resolveNs });
  const endNs = done.endNs + 100_000;
  addSpan(scene, resourceKey(caller, instanceOf(scene, caller), true), {
    ...asked,
    spanId,
    name: 'GET',
    kind: 3,
    endNs,
    failed: done.failed,
    facts: {
      'service.peer.name': call.service,
      'server.address': call.service,
      ...(way === 'none'
        ? {}
        : { 'network.peer.address': addressOf(call.service), 'network.peer.port': 15006 }),
      'http.request.method': 'GET',
      ...routingFacts(scene, caller, way),
      ...errorFacts(way, done.failed),
    },
  });
  return { endNs, failed: done.failed };
}

function inbound(scene: Scene, call: Visit, asked: Asked): Answered {
  const spanId = hex(scene.random, 16);
  const done = answer(scene, call, {
    ...asked,
    parentSpanId: spanId,
    startNs: asked.startNs + 200_000,
  });
  const endNs = done.endNs + 100_000;
  addSpan(scene, resourceKey(call.service, instanceOf(scene, call.service), true), {
    ...asked,
    spanId,
    name: 'GET',
    kind: 2,
    endNs,
    failed: done.failed,
    facts: { 'http.response.status_code': done.failed ? 503 : 200 },
  });
  return { endNs, failed: done.failed };
}

function callByGrpc(scene: Scene, caller: string, call: Visit, way: Way, asked: Asked): Answered {
  const spanId = hex(scene.random, 16);
  const failed = way === 'none' || way === 'refused';
  const done = failed
    ? { endNs: asked.startNs + 2 * NS_PER_MS, failed }
    : answer(scene, call, { ...asked, parentSpanId: spanId, startNs: asked.startNs + 300_000 });
  addSpan(scene, resourceKey(caller, instanceOf(scene, caller), false), {
    ...asked,
    spanId,
    name: call.route,
    kind: 3,
    endNs: done.endNs + 200_000,
    failed: done.failed,
    message: failed ? 'UNAVAILABLE: Listener login does not exist' : '',
    facts: {
      'service.peer.name': 'login',
      'rpc.system': 'grpc',
      'rpc.service': 'detour.lab.Login',
      'rpc.method': 'LogIn',
      'rpc.grpc.status_code': done.failed ? 14 : 0,
      'grpc.target': way === 'dns' ? 'dns://127.0.9.1:5354/login.lab:9090' : 'xds:///login',
      ...(way === 'dns' ? {} : routingFacts(scene, caller, way)),
      ...errorFacts(way, done.failed),
    },
  });
  return { endNs: done.endNs + 200_000, failed: done.failed };
}

function routingFacts(scene: Scene, caller: string, way: Way): Facts {
  if (way === 'dns') return { 'mesh.routing.mode': 'dns', 'mesh.routing.source': 'resolver' };
  const client = CLIENTS.find((known) => known.service === caller);
  const facts = client === undefined ? undefined : scene.story.clientAt(client, scene.second);
  const version = String(facts?.version ?? 41);
  const cached = way === 'cached' || way === 'refused';
  return {
    'mesh.routing.mode': 'xds',
    'mesh.routing.source': cached ? 'cache' : 'stream',
    'mesh.xds.lds_version': version,
    'mesh.xds.rds_version': version,
    'mesh.xds.cds_version': version,
    'mesh.xds.eds_version': version,
    'mesh.xds.config_age_ms': (scene.second - (facts?.changedAt ?? 0)) * 1000,
    'mesh.xds.connected': !cached,
  };
}

function errorFacts(way: Way, failed: boolean): Facts {
  if (way === 'none') return { 'error.type': 'no_mapping' };
  if (way === 'refused') return { 'error.type': 'connect_refused' };
  return failed ? { 'error.type': 'upstream_5xx' } : {};
}

function sayRelease(scene: Scene, release: Story['releases'][number]): void {
  const key = resourceKey('control-plane', 'control-plane-1', false);
  const span = (name: string, startNs: number, endNs: number, facts: Facts): void =>
    addSpan(scene, key, {
      traceId: hex(scene.random, 32),
      spanId: hex(scene.random, 16),
      name,
      kind: 1,
      startNs,
      endNs,
      failed: false,
      facts,
    });
  span('xds.release', 0, 1000, {
    'mesh.xds.version': String(release.version),
    'mesh.control_plane.release': release.name,
    'mesh.xds.resources': release.names.length * TYPES.length,
    'mesh.xds.resources.removed': release.removed,
  });
  for (const client of CLIENTS) {
    const held = client.needs.filter((name) => release.names.includes(name)).length;
    for (const type of TYPES) {
      span('xds.push', NS_PER_MS, (3 + Math.floor(scene.random() * 20)) * NS_PER_MS, {
        'mesh.xds.type': type,
        'mesh.xds.version': String(release.version),
        'mesh.xds.node': client.id,
        'mesh.xds.resources': held,
        'mesh.xds.resources.removed': client.needs.length - held,
        'mesh.xds.outcome': 'acked',
      });
    }
  }
}

function sayMetrics(scene: Scene): readonly object[] {
  const { story, second } = scene;
  const byClient = CLIENTS.map((client) =>
    resourceMetrics(client.service, client.id.replace('-grpc', ''), client.kind === 'sidecar', [
      ...clientMetrics(scene, client, story.clientAt(client, second)),
    ]),
  );
  const dns = resourceMetrics('dns', 'dns-1', false, [
    gauge('mesh.dns.names', scene, SERVICES.length, {}),
    counter('mesh.dns.queries', scene, dnsQueries(scene), {
      'dns.question.name': 'song.lab',
      'mesh.dns.response_code': 'NOERROR',
    }),
  ]);
  const server = story.controlPlaneUp(second)
    ? [resourceMetrics('control-plane', 'control-plane-1', false, serverMetrics(scene))]
    : [];
  return [...byClient, dns, ...server];
}

function clientMetrics(scene: Scene, client: StoryClient, facts: ClientFacts): readonly object[] {
  const base = {
    'mesh.xds.client.id': client.id,
    'mesh.xds.client.kind': client.kind,
    'grpc.xds.server': XDS_SERVER,
  };
  const held = client.needs.length - facts.missing.length;
  return [
    gauge('grpc.xds_client.connected', scene, facts.connected ? 1 : 0, base),
    ...TYPES.map((type) =>
      gauge('mesh.xds.client.config_age', scene, scene.second + 1 - facts.changedAt, {
        ...base,
        'mesh.xds.type': type,
        'mesh.xds.resources': held,
        'mesh.xds.resources.missing': facts.missing
          .map((name) => (type === 'RDS' ? `${name}-route` : name))
          .join(','),
        'mesh.xds.version.received': String(facts.version),
        'mesh.xds.version.acked': String(facts.version),
      }),
    ),
  ];
}

function serverMetrics(scene: Scene): readonly object[] {
  const { story, second } = scene;
  const release = story.releases.findLast((known) => known.at <= second);
  const connected = CLIENTS.filter((client) => story.clientAt(client, second).connected).length;
  const pushes = story.releases.filter((known) => known.at <= second).length * CLIENTS.length;
  return [
    gauge('mesh.control_plane.clients', scene, connected, {}),
    ...TYPES.flatMap((type) => [
      gauge('mesh.control_plane.resources', scene, release?.names.length ?? 0, {
        'mesh.xds.type': type,
        'mesh.xds.version': String(release?.version ?? ''),
        'mesh.control_plane.release': release?.name ?? '',
      }),
      counter('mesh.control_plane.acks', scene, pushes, { 'mesh.xds.type': type }),
    ]),
  ];
}

/** Ten queries a second for each caller that has left the mesh, one a second for the usual. */
function dnsQueries({ story, second }: Scene): number {
  let total = 0;
  for (let past = 0; past <= second; past++) {
    const moved = CLIENTS.filter((client) =>
      client.needs.some((name) => story.wayOf(client.service, name, past) === 'dns'),
    );
    total += 1 + moved.length * 10;
  }
  return total;
}

interface SpanFacts extends Asked {
  readonly spanId: string;
  readonly name: string;
  /** trace.proto SpanKind. */
  readonly kind: number;
  readonly endNs: number;
  readonly failed: boolean;
  readonly message?: string;
  readonly facts: Facts;
}

function addSpan(scene: Scene, key: string, span: SpanFacts): void {
  const list = scene.spans.get(key) ?? [];
  list.push({
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(scene.at + BigInt(span.startNs)),
    endTimeUnixNano: String(scene.at + BigInt(span.endNs)),
    attributes: toAttributes(span.facts),
    status: span.failed ? { code: 2, message: span.message ?? '' } : {},
  });
  scene.spans.set(key, list);
}

function resourceSpans(key: string, spans: readonly object[]): object {
  const [service = '', instance = '', proxy] = key.split(' ');
  return {
    resource: resource(service, instance, proxy === 'proxy'),
    scopeSpans: [{ scope: { name: 'story' }, spans }],
  };
}

function resourceMetrics(
  service: string,
  instance: string,
  proxy: boolean,
  metrics: readonly object[],
): object {
  return {
    resource: resource(service, instance, proxy),
    scopeMetrics: [{ scope: { name: 'story' }, metrics }],
  };
}

function resource(service: string, instance: string, proxy: boolean): object {
  const facts = { 'service.name': service, 'service.instance.id': instance };
  return { attributes: toAttributes(proxy ? { ...facts, 'mesh.proxy': 'sidecar' } : facts) };
}

function gauge(name: string, scene: Scene, value: number, facts: Facts): object {
  return { name, gauge: { dataPoints: [point(scene, value, facts)] } };
}

function counter(name: string, scene: Scene, value: number, facts: Facts): object {
  return {
    name,
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point(scene, value, facts)] },
  };
}

function point(scene: Scene, value: number, facts: Facts): object {
  const endOfSecond = scene.at + 950_000_000n;
  return { timeUnixNano: String(endOfSecond), asDouble: value, attributes: toAttributes(facts) };
}

function toAttributes(facts: Facts): readonly object[] {
  return Object.entries(facts).map(([key, value]) => ({ key, value: toValue(value) }));
}

function toValue(value: Fact): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function resourceKey(service: string, instance: string, proxy: boolean): string {
  return `${service} ${instance} ${proxy ? 'proxy' : 'app'}`;
}

/** The same one for all spans of a request would need more book-keeping than any test needs. */
function instanceOf(scene: Scene, service: string): string {
  const two = service === 'song' || service === 'artist';
  return `${service}-${two && scene.at % 2_000_000_000n === 0n ? 2 : 1}`;
}

function addressOf(service: string): string {
  return `127.0.${10 + SERVICES.indexOf(service)}.1`;
}

function work(scene: Scene): number {
  return Math.floor((0.5 + scene.random() * 4) * NS_PER_MS);
}

function hex(random: () => number, digits: number): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 0x1_0000)
      .toString(16)
      .padStart(4, '0');
  return text;
}
