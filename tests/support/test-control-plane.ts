import { AdsServer } from '#lab/control-plane/ads-server.ts';
import { ControlPlane } from '#lab/control-plane/control-plane.ts';
import type { Fault } from '#lab/control-plane/faults.ts';
import type { ServiceCatalogue } from '#lab/control-plane/mesh-model.ts';
import type { PushEnd, PushFacts } from '#lab/control-plane/push-log.ts';
import type {
  Address,
  Cluster,
  ClusterLoadAssignment,
  Listener,
  Resource,
} from '#lab/xds/resources.ts';
import { HTTP_CONNECTION_MANAGER_URL, ROUTER_FILTER_URL, TYPE_URL } from '#lab/xds/type-urls.ts';

/** Tests of the control plane listen here, beside any lab that runs on this machine. */
const TEST_HOST = '127.22.9.1';

interface RecordedPush extends PushFacts {
  readonly sentAtMs: number;
  readonly end?: PushEnd & { readonly afterMs: number };
}

export interface TestControlPlane {
  readonly controlPlane: ControlPlane;
  readonly ads: AdsServer;
  /** `host:port` of the ADS socket. */
  readonly address: string;
  readonly pushes: readonly RecordedPush[];
  readonly staleNonces: () => number;
  readonly stop: () => void;
}

/** The real control plane in this process, on a real socket. */
export async function startTestControlPlane(
  options: {
    readonly host?: string;
    readonly port?: number;
    readonly firstVersion?: number;
    readonly loadReports?: boolean;
    readonly dnsAddress?: Address;
  } = {},
): Promise<TestControlPlane> {
  const pushes: RecordedPush[] = [];
  let stale = 0;
  const controlPlane = new ControlPlane({
    identifier: 'test-control-plane',
    firstVersion: options.firstVersion ?? 1,
    firstRelease: 'r1',
    loadReports: options.loadReports ?? false,
    ...(options.dnsAddress === undefined ? {} : { dnsAddress: options.dnsAddress }),
    now: Date.now,
    onPublished: () => ads.pushDue(),
    onFaultsChanged: () => ads.pushDue(),
  });
  const ads = new AdsServer({
    source: controlPlane,
    identifier: controlPlane.identifier,
    log: {
      pushed: (facts) => {
        const sentAtMs = performance.now();
        const index = pushes.push({ ...facts, sentAtMs }) - 1;
        return (end) => {
          pushes[index] = {
            ...facts,
            sentAtMs,
            end: { ...end, afterMs: performance.now() - sentAtMs },
          };
        };
      },
      staleNonce: () => {
        stale += 1;
      },
      slowStreamClosed: () => undefined,
    },
  });
  const host = options.host ?? TEST_HOST;
  const port = await ads.listen(options.port ?? 0, host);
  return {
    controlPlane,
    ads,
    address: `${host}:${port}`,
    pushes,
    staleNonces: () => stale,
    stop: () => ads.close(),
  };
}

/** `{ song: ['127.22.13.1:15006'] }` as the registry would tell it. All are of one protocol. */
export function catalogueOf(
  services: Readonly<Record<string, readonly string[]>>,
  protocol: 'http' | 'grpc' = 'grpc',
): ServiceCatalogue {
  return {
    services: Object.keys(services).map((name) => ({ name, protocol })),
    instances: Object.entries(services).flatMap(([service, addresses]) =>
      addresses.map((text, index) => {
        const [address = '', port] = text.split(':');
        return {
          id: `${service}-${index + 1}`,
          service,
          address,
          meshPort: Number(port),
          appPort: Number(port),
          grpcPort: Number(port),
          protocol,
        };
      }),
    ),
  };
}

/** A fault that takes one resource out, as a bad release of one type would. */
export function without(type: 'LDS' | 'RDS' | 'CDS' | 'EDS', name: string): Fault {
  return { kind: 'remove-resource', type, name };
}

export function replaced(resource: Resource): Fault {
  return { kind: 'replace-resource', resource: { ...resource } };
}

/**
 * The control plane's own listener of a service, with one more field behind the others (the longest that a call may take)
 * or with another value in one.
 */
export function apiListener(
  name: string,
  change: { readonly maxStreamMs?: number; readonly statPrefix?: string },
): Listener {
  const { maxStreamMs, statPrefix } = change;
  return {
    '@type': TYPE_URL.LDS,
    name,
    api_listener: {
      api_listener: {
        '@type': HTTP_CONNECTION_MANAGER_URL,
        stat_prefix: statPrefix ?? `0.${name}`,
        rds: {
          route_config_name: `${name}-route`,
          config_source: { ads: {}, resource_api_version: 'V3' },
        },
        http_filters: [{ name: 'router', typed_config: { '@type': ROUTER_FILTER_URL } }],
        ...(maxStreamMs === undefined
          ? {}
          : { common_http_protocol_options: { max_stream_duration: toDuration(maxStreamMs) } }),
      },
    },
  };
}

function toDuration(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}

/** A cluster that is found by a DNS name, as gRPC takes it. */
export function logicalDnsCluster(name: string, address: string, port: number): Cluster {
  return {
    '@type': TYPE_URL.CDS,
    name,
    type: 'LOGICAL_DNS',
    lb_policy: 'ROUND_ROBIN',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address, port_value: port } } } },
          ],
        },
      ],
    },
  };
}

export function loadAssignment(name: string, addresses: readonly string[]): ClusterLoadAssignment {
  return {
    '@type': TYPE_URL.EDS,
    cluster_name: name,
    endpoints: [
      {
        locality: { region: 'lab', zone: 'z1' },
        load_balancing_weight: { value: 1 },
        priority: 0,
        lb_endpoints: addresses.map((text) => {
          const [address = '', port] = text.split(':');
          return {
            health_status: 'HEALTHY',
            endpoint: { address: { socket_address: { address, port_value: Number(port) } } },
          };
        }),
      },
    ],
  };
}
