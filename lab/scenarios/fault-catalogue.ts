/** Where a fault is made. */
export type FaultPart = 'control-plane' | 'dns' | 'relay' | 'services';

/** What a fault is made to; one switch for each. `whole`: the part itself. */
type FaultTargets = 'whole' | 'services' | 'xds-types' | 'links';

/** A fault that can be switched by hand. What its part is asked is in `bodyOf`; its state is read from there. */
export interface FaultKind {
  readonly id: string;
  readonly part: FaultPart;
  /** In the field's words. */
  readonly name: string;
  /** The setting, status or field that it stands for. */
  readonly technical: string;
  readonly effect: string;
  readonly targets: FaultTargets;
  /** As the part's admin API takes it. */
  readonly bodyOf: (target: string) => Readonly<Record<string, unknown>>;
}

const PUSH_DELAY_MS = 4000;
const LINK_LATENCY_MS = 300;
const LINK_BYTES_PER_SECOND = 2000;
const DNS_LATENCY_MS = 800;
const EXTRA_MS = 800;
const ERROR_RATIO = 0.5;
const PADDING_ROUTES = 2000;

const CONTROL_PLANE: readonly Omit<FaultKind, 'part'>[] = [
  {
    id: 'delay-pushes',
    name: 'Push delay',
    technical: `every DiscoveryResponse ${PUSH_DELAY_MS / 1000} s late`,
    effect: 'Endpoints that moved are called at their old address until the push arrives.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'delay-pushes', ms: PUSH_DELAY_MS }),
  },
  {
    id: 'freeze-endpoints',
    name: 'Endpoint updates frozen',
    technical: 'EDS stands still',
    effect: 'Nothing is seen until instances move; then callers hold dead addresses.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'freeze-endpoints', on: true }),
  },
  {
    id: 'mute',
    name: 'Type not served',
    technical: 'no DiscoveryResponse of this type',
    effect: 'Clients that start wait for it; those that hold it go on.',
    targets: 'xds-types',
    bodyOf: (type) => ({ kind: 'mute', type }),
  },
  {
    id: 'empty-endpoints',
    name: 'Empty endpoint list',
    technical: 'ClusterLoadAssignment without endpoints',
    effect: 'It is acknowledged, and calls find no address.',
    targets: 'services',
    bodyOf: (service) => ({ kind: 'empty-endpoints', service }),
  },
  {
    id: 'bad-cluster',
    name: 'Invalid cluster',
    technical: 'CDS that clients NACK',
    effect: 'It is refused; clients keep the version before.',
    targets: 'services',
    bodyOf: (service) => ({ kind: 'bad-cluster', service }),
  },
  {
    id: 'bad-endpoints',
    name: 'Invalid endpoints',
    technical: 'EDS with a gap in its priorities',
    effect: 'It is refused; clients keep the addresses before.',
    targets: 'services',
    bodyOf: (service) => ({ kind: 'bad-endpoints', service }),
  },
  {
    id: 'dangling-route',
    name: 'Route to a missing cluster',
    technical: 'RouteConfiguration names a cluster that CDS lacks',
    effect: 'Clients wait 15 s for the cluster, then calls fail.',
    targets: 'services',
    bodyOf: (service) => ({ kind: 'dangling-route', service, cluster: 'missing' }),
  },
  {
    id: 'oversized-route',
    name: 'Oversized route table',
    technical: `${PADDING_ROUTES} routes before the right one`,
    effect: 'Sidecars refuse what is above their limit.',
    targets: 'services',
    bodyOf: (service) => ({ kind: 'oversized-route', service, routes: PADDING_ROUTES }),
  },
];

const DNS: readonly Omit<FaultKind, 'part'>[] = [
  {
    id: 'servfail',
    name: 'SERVFAIL',
    technical: 'RCODE 2 for every name',
    effect: 'Calls that are routed by DNS fail once cached answers end.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'servfail' }),
  },
  {
    id: 'nxdomain',
    name: 'NXDOMAIN',
    technical: 'RCODE 3 for every name',
    effect: 'Callers learn that no service exists.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'nxdomain' }),
  },
  {
    id: 'timeout',
    name: 'No answer',
    technical: 'queries are taken and dropped',
    effect: 'Each look-up waits for its timeout and is tried again.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'timeout' }),
  },
  {
    id: 'empty',
    name: 'NODATA',
    technical: 'NOERROR without a record',
    effect: 'The names are there, and have no address.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'empty' }),
  },
  {
    id: 'stale',
    name: 'Stale zone',
    technical: 'the serial stands still',
    effect: 'Nothing is seen until instances move; then names lead to dead addresses.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'stale' }),
  },
  {
    id: 'dns-latency',
    name: 'Slow answers',
    technical: `${DNS_LATENCY_MS} ms added to each`,
    effect: 'Calls by DNS take longer whenever the name is not cached.',
    targets: 'whole',
    bodyOf: () => ({ kind: 'latency', ms: DNS_LATENCY_MS }),
  },
];

const RELAY: readonly Omit<FaultKind, 'part'>[] = [
  {
    id: 'blackhole',
    name: 'Blackhole',
    technical: 'packets pass in no direction',
    effect: 'Nobody is told; keepalives find it in the end.',
    targets: 'links',
    bodyOf: (link) => ({ link, kind: 'blackhole' }),
  },
  {
    id: 'half-open',
    name: 'Half-open connections',
    technical: 'the server’s side is gone',
    effect: 'The server sees its clients leave; the clients do not know.',
    targets: 'links',
    bodyOf: (link) => ({ link, kind: 'half-open' }),
  },
  {
    id: 'refuse',
    name: 'Connections refused',
    technical: 'RST to each new one',
    effect: 'What is connected stays; what starts or returns is turned away.',
    targets: 'links',
    bodyOf: (link) => ({ link, kind: 'refuse' }),
  },
  {
    id: 'latency',
    name: 'Latency',
    technical: `${LINK_LATENCY_MS} ms each way`,
    effect: 'Pushes and acknowledgements come late.',
    targets: 'links',
    bodyOf: (link) => ({ link, kind: 'latency', ms: LINK_LATENCY_MS }),
  },
  {
    id: 'bandwidth',
    name: 'Narrow link',
    technical: `${LINK_BYTES_PER_SECOND / 1000} kB/s`,
    effect: 'Large configurations trickle in.',
    targets: 'links',
    bodyOf: (link) => ({ link, kind: 'bandwidth', bytesPerSecond: LINK_BYTES_PER_SECOND }),
  },
];

const SERVICES: readonly Omit<FaultKind, 'part'>[] = [
  {
    id: 'slow-service',
    name: 'Slow handlers',
    technical: `${EXTRA_MS} ms added to each request`,
    effect: 'Latency rises here and at all who call it; no error.',
    targets: 'services',
    bodyOf: () => ({ extraMs: EXTRA_MS }),
  },
  {
    id: 'failing-service',
    name: 'Failing handlers',
    technical: `500 to ${ERROR_RATIO * 100} % of requests`,
    effect: 'The service itself is at fault, and discovery is well.',
    targets: 'services',
    bodyOf: () => ({ errorRatio: ERROR_RATIO }),
  },
];

const of = (part: FaultPart, kinds: readonly Omit<FaultKind, 'part'>[]): readonly FaultKind[] =>
  kinds.map((kind) => ({ ...kind, part }));

/** Every fault that the lab's parts take by hand, in the order of the page. */
export const FAULTS: readonly FaultKind[] = [
  ...of('control-plane', CONTROL_PLANE),
  ...of('dns', DNS),
  ...of('relay', RELAY),
  ...of('services', SERVICES),
];
