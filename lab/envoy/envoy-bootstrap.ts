import { isIP } from 'node:net';
import { dnsClusterName } from '#lab/xds/route-scopes.ts';
import type { SocketAddress } from '#lab/xds/socket-address.ts';
import {
  CARES_RESOLVER_URL,
  DNS_CLUSTER_URL,
  HTTP_CONNECTION_MANAGER_URL,
  HTTP_PROTOCOL_OPTIONS_URL,
  OTEL_SINK_URL,
  OTEL_TRACER_URL,
  ROUTER_FILTER_URL,
  STATIC_RESOURCE_DETECTOR_URL,
} from '#lab/xds/type-urls.ts';
import {
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_PROXY,
  ATTR_ROUTING_MODE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_PEER_NAME,
} from '#telemetry/attributes.ts';

export interface EnvoySettings {
  readonly service: string;
  readonly instance: string;
  readonly address: string;
  readonly applicationPort: number;
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly controlPlane: SocketAddress;
  readonly dialect: 'sotw' | 'delta';
  readonly dnsServer: SocketAddress;
  /** The collector, by gRPC. */
  readonly otlp: SocketAddress;
  /** Services that the application calls. */
  readonly upstreams: readonly string[];
  readonly scopesFile: string;
}

/** A proxy that boots without a control plane opens its doors after these, one phase after the other. */
const FETCH_TIMEOUT = '2s';
const APPLICATION = 'application';
const XDS = 'xds';
const OTLP = 'otlp';
/** Health of xDS, not a flood: a whole Envoy has some hundred series per cluster. */
const EXPORTED_STATS = [
  String.raw`(control_plane|cluster_manager|listener_manager)\..*`,
  String.raw`http\.outbound\.(rds|scoped_rds)\..*`,
  String.raw`cluster\..*\.(update_.*|version|membership_(total|healthy)|assignment_.*)`,
].join('|');

/**
 * The bootstrap of an Envoy beside a service, as Envoy's JSON. Its two doors are its own, so that an instance stays
 * reachable whatever the control plane says; routes, clusters and endpoints come by ADS. DNS clusters stand by for the
 * callees that `scopesFile` takes off the mesh.
 */
export function renderEnvoyBootstrap(settings: EnvoySettings): object {
  const { service, instance, address, adminPort } = settings;
  return {
    node: { id: instance, cluster: service, locality: { region: 'lab', zone: 'z1' } },
    admin: { address: socketAddress({ host: address, port: adminPort }) },
    dynamic_resources: {
      ads_config: {
        api_type: settings.dialect === 'delta' ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: XDS,
              // Envoy's own first step, and the longest wait of our sidecar: Envoy's is 30 s.
              retry_policy: { retry_back_off: { base_interval: '0.5s', max_interval: '10s' } },
            },
          },
        ],
      },
      cds_config: adsSource(),
    },
    stats_flush_interval: '1s',
    stats_config: {
      stats_matcher: { inclusion_list: { patterns: [{ safe_regex: { regex: EXPORTED_STATS } }] } },
    },
    stats_sinks: [{ name: 'envoy.stat_sinks.open_telemetry', typed_config: statsSink(settings) }],
    static_resources: {
      listeners: [outboundListener(settings), inboundListener(settings)],
      clusters: [
        // Keepalive notices a control plane that is frozen, not dead.
        http2Cluster(XDS, settings.controlPlane, { interval: '5s', timeout: '2s' }),
        http2Cluster(OTLP, settings.otlp),
        addressCluster(APPLICATION, { host: address, port: settings.applicationPort }),
        ...settings.upstreams.map((upstream) => dnsCluster(upstream, settings)),
      ],
    },
  };
}

function adsSource(): object {
  return { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: FETCH_TIMEOUT };
}

function outboundListener(settings: EnvoySettings): object {
  return listener('outbound', settings.address, settings.outboundPort, {
    ...connectionManager('outbound', settings),
    scoped_routes: {
      name: 'outbound',
      scope_key_builder: {
        fragments: [
          { header_value_extractor: { name: ':authority', element_separator: ':', index: 0 } },
        ],
      },
      rds_config_source: adsSource(),
      scoped_rds: {
        scoped_rds_config_source: {
          resource_api_version: 'V3',
          path_config_source: { path: settings.scopesFile },
        },
      },
    },
  });
}

function inboundListener(settings: EnvoySettings): object {
  const route = { match: { prefix: '/' }, route: { cluster: APPLICATION } };
  return listener('inbound', settings.address, settings.inboundPort, {
    ...connectionManager('inbound', settings),
    route_config: {
      name: 'inbound',
      virtual_hosts: [{ name: settings.service, domains: ['*'], routes: [route] }],
    },
  });
}

function listener(
  name: 'inbound' | 'outbound',
  host: string,
  port: number,
  manager: object,
): object {
  const filter = {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: manager,
  };
  return {
    name,
    traffic_direction: name === 'outbound' ? 'OUTBOUND' : 'INBOUND',
    address: socketAddress({ host, port }),
    filter_chains: [{ filters: [filter] }],
  };
}

function connectionManager(direction: 'inbound' | 'outbound', settings: EnvoySettings): object {
  return {
    '@type': HTTP_CONNECTION_MANAGER_URL,
    stat_prefix: direction,
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER_FILTER_URL } },
    ],
    tracing: {
      random_sampling: { value: 100 },
      // One span per request: one per attempt would be missing where nothing is attempted, for want of a route.
      spawn_upstream_span: false,
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: {
          '@type': OTEL_TRACER_URL,
          service_name: settings.service,
          grpc_service: { envoy_grpc: { cluster_name: OTLP }, timeout: '1s' },
          resource_detectors: [resourceDetector(settings, { [ATTR_PROXY]: 'sidecar' })],
        },
      },
      ...(direction === 'outbound' && { custom_tags: OUTBOUND_TAGS }),
    },
  };
}

/** What Envoy does not say by itself. A call that finds no cluster was still asked for by xDS, and named its callee. */
const OUTBOUND_TAGS = [
  {
    tag: ATTR_ROUTING_MODE,
    metadata: {
      kind: { cluster: {} },
      metadata_key: { key: 'mesh', path: [{ key: 'routing_mode' }] },
      default_value: 'xds',
    },
  },
  { tag: ATTR_SERVICE_PEER_NAME, request_header: { name: ':authority' } },
  { tag: ATTR_NETWORK_PEER_ADDRESS, value: '%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%' },
];

function statsSink(settings: EnvoySettings): object {
  return {
    '@type': OTEL_SINK_URL,
    grpc_service: { envoy_grpc: { cluster_name: OTLP }, timeout: '1s' },
    resource_detectors: [resourceDetector(settings, { [ATTR_SERVICE_NAME]: settings.service })],
  };
}

function resourceDetector(
  settings: EnvoySettings,
  attributes: Readonly<Record<string, string>>,
): object {
  return {
    name: 'envoy.tracers.opentelemetry.resource_detectors.static_config',
    typed_config: {
      '@type': STATIC_RESOURCE_DETECTOR_URL,
      attributes: { [ATTR_SERVICE_INSTANCE_ID]: settings.instance, ...attributes },
    },
  };
}

function dnsCluster(service: string, { dnsServer, inboundPort }: EnvoySettings): object {
  const name = dnsClusterName(service);
  return {
    name,
    cluster_type: {
      name: 'envoy.clusters.dns',
      typed_config: {
        '@type': DNS_CLUSTER_URL,
        respect_dns_ttl: true,
        dns_lookup_family: 'V4_ONLY',
        dns_failure_refresh_rate: { base_interval: '1s', max_interval: '2s' },
        typed_dns_resolver_config: {
          name: 'envoy.network.dns_resolver.cares',
          typed_config: {
            '@type': CARES_RESOLVER_URL,
            resolvers: [socketAddress(dnsServer)],
            dns_resolver_options: { no_default_search_domain: true },
          },
        },
      },
    },
    connect_timeout: '1s',
    // A name that is not there yet must not keep the doors shut.
    wait_for_warm_on_init: false,
    load_assignment: loadAssignment(name, { host: `${service}.lab`, port: inboundPort }),
    metadata: { filter_metadata: { mesh: { routing_mode: 'dns' } } },
  };
}

function http2Cluster(name: string, target: SocketAddress, keepalive?: object): object {
  return {
    ...addressCluster(name, target),
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': HTTP_PROTOCOL_OPTIONS_URL,
        explicit_http_config: {
          http2_protocol_options: { ...(keepalive && { connection_keepalive: keepalive }) },
        },
      },
    },
  };
}

function addressCluster(name: string, target: SocketAddress): object {
  return {
    name,
    type: isIP(target.host) === 0 ? 'STRICT_DNS' : 'STATIC',
    connect_timeout: '1s',
    load_assignment: loadAssignment(name, target),
  };
}

function loadAssignment(name: string, target: SocketAddress): object {
  return {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(target) } }] }],
  };
}

function socketAddress({ host, port }: SocketAddress): object {
  return { socket_address: { address: host, port_value: port } };
}
