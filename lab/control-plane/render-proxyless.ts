import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import type { Policy } from '#lab/control-plane/policy.ts';
import { resourceName } from '#lab/control-plane/resource-names.ts';
import type {
  Cluster,
  ClusterLoadAssignment,
  ConfigSource,
  Listener,
  Resource,
  RouteConfiguration,
} from '#lab/xds/resources.ts';
import {
  AGGREGATE_CLUSTER_URL,
  HTTP_CONNECTION_MANAGER_URL,
  ROUTER_FILTER_URL,
  TYPE_URL,
} from '#lab/xds/type-urls.ts';

const ADS_SOURCE: ConfigSource = { ads: {}, resource_api_version: 'V3' };

export interface RenderOptions {
  /** Counts the rollbacks that were asked to alter what they restore; see `stampOf`. */
  readonly touch: number;
  /** Clusters fall back to DNS when they have no endpoint. */
  readonly dnsFallback: boolean;
  /** Envoy's default when undefined. */
  readonly panicThresholdPercent: number | undefined;
  readonly outlierDetection: Policy['outlierDetection'];
  /** Ask clients for load reports. */
  readonly loadReports: boolean;
}

/**
 * What gRPC clients and our sidecars read: an API listener per service, so that a client asks for `song` and follows
 * listener → route → cluster → endpoints by name (gRFC A27).
 */
export function renderProxyless(
  services: readonly MeshService[],
  options: RenderOptions,
): readonly Resource[] {
  return services.flatMap((service) => [
    renderApiListener(service.name, options),
    renderRoute(service.name),
    ...renderClusters(service, options),
    renderEndpoints(service),
  ]);
}

/**
 * Differs after each touched rollback, in fields that mean nothing to routing. A grpc-js-xds client whose resource was
 * deleted and restored alike never tells its watchers; only different content heals it. It compares what it made of the
 * resource, and only what the old one had: so a stamp must sit in a field that it reads and that is always set.
 */
function stampOf(name: string, options: RenderOptions): string {
  return `${options.touch}.${name}`;
}

/** Envoy's default limit of requests in flight, as a stamp one apart from it per touch. */
function requestLimit(options: RenderOptions): NonNullable<Cluster['circuit_breakers']> {
  return { thresholds: [{ max_requests: { value: 1024 + options.touch } }] };
}

function renderApiListener(name: string, options: RenderOptions): Listener {
  return {
    '@type': TYPE_URL.LDS,
    name,
    api_listener: {
      api_listener: {
        '@type': HTTP_CONNECTION_MANAGER_URL,
        stat_prefix: stampOf(name, options),
        rds: { route_config_name: resourceName(name, 'route'), config_source: ADS_SOURCE },
        http_filters: [{ name: 'router', typed_config: { '@type': ROUTER_FILTER_URL } }],
      },
    },
  };
}

function renderRoute(name: string): RouteConfiguration {
  return {
    '@type': TYPE_URL.RDS,
    name: resourceName(name, 'route'),
    virtual_hosts: [
      { name, domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster: name } }] },
    ],
  };
}

function renderClusters(service: MeshService, options: RenderOptions): readonly Cluster[] {
  if (!options.dnsFallback) return [renderEdsCluster(service.name, service.name, options)];
  const eds = resourceName(service.name, 'eds');
  const members = [eds, resourceName(service.name, 'dns')];
  return [
    renderAggregateCluster(service.name, members, options),
    renderEdsCluster(eds, service.name, options),
    renderDnsCluster(service, options),
  ];
}

function renderEdsCluster(name: string, edsName: string, options: RenderOptions): Cluster {
  return {
    '@type': TYPE_URL.CDS,
    name,
    type: 'EDS',
    alt_stat_name: stampOf(name, options),
    eds_cluster_config: { eds_config: ADS_SOURCE, service_name: edsName },
    lb_policy: 'ROUND_ROBIN',
    circuit_breakers: requestLimit(options),
    connect_timeout: { seconds: 1 },
    ...(options.loadReports ? { lrs_server: { self: {} } } : {}),
    ...(options.panicThresholdPercent === undefined
      ? {}
      : {
          common_lb_config: { healthy_panic_threshold: { value: options.panicThresholdPercent } },
        }),
    ...(options.outlierDetection && { outlier_detection: outliersOf(options.outlierDetection) }),
  };
}

function outliersOf(
  wanted: NonNullable<Policy['outlierDetection']>,
): NonNullable<Cluster['outlier_detection']> {
  const seconds = wanted.baseEjectionSeconds;
  return {
    consecutive_5xx: { value: wanted.consecutive5xx },
    // Envoy lets endpoints back in when it looks at them, once in this time.
    interval: { seconds: 1 },
    base_ejection_time: { seconds },
    max_ejection_percent: { value: wanted.maxEjectionPercent },
  };
}

/** gRFC A37. Envoy's documentation wants CLUSTER_PROVIDED here; grpc-js-xds refuses all but ROUND_ROBIN. */
function renderAggregateCluster(
  name: string,
  clusters: readonly string[],
  options: RenderOptions,
): Cluster {
  return {
    '@type': TYPE_URL.CDS,
    name,
    alt_stat_name: stampOf(name, options),
    lb_policy: 'ROUND_ROBIN',
    cluster_type: {
      name: 'envoy.clusters.aggregate',
      typed_config: { '@type': AGGREGATE_CLUSTER_URL, clusters },
    },
  };
}

/** A records carry no port, so the port is the service's own. */
export function renderDnsCluster(service: MeshService, options: RenderOptions): Cluster {
  const name = resourceName(service.name, 'dns');
  const port = service.endpoints[0]?.port ?? (service.protocol === 'grpc' ? 9090 : 15_006);
  return {
    '@type': TYPE_URL.CDS,
    name,
    type: 'LOGICAL_DNS',
    alt_stat_name: stampOf(name, options),
    lb_policy: 'ROUND_ROBIN',
    circuit_breakers: requestLimit(options),
    connect_timeout: { seconds: 1 },
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [
            {
              endpoint: {
                address: { socket_address: { address: `${service.name}.lab`, port_value: port } },
              },
            },
          ],
        },
      ],
    },
  };
}

/** A service without instances has a load assignment without localities: nobody is there, and that is known. */
function renderEndpoints(service: MeshService): ClusterLoadAssignment {
  if (service.endpoints.length === 0)
    return { '@type': TYPE_URL.EDS, cluster_name: service.name, endpoints: [] };
  return {
    '@type': TYPE_URL.EDS,
    cluster_name: service.name,
    endpoints: [
      {
        locality: { region: 'lab', zone: 'z1' },
        load_balancing_weight: { value: 1 },
        priority: 0,
        lb_endpoints: service.endpoints.map(({ address, port }) => ({
          health_status: 'HEALTHY',
          endpoint: { address: { socket_address: { address, port_value: port } } },
        })),
      },
    ],
  };
}
