import type { MeshEndpoint, MeshService } from '#lab/control-plane/mesh-model.ts';
import { type RenderOptions, renderProxyless } from '#lab/control-plane/render-proxyless.ts';
import type {
  Address,
  Cluster,
  HttpConnectionManager,
  Listener,
  Resource,
  RetryPolicy,
  RouteConfiguration,
  Typed,
  VirtualHost,
} from '#lab/xds/resources.ts';
import {
  CARES_RESOLVER_URL,
  HTTP_CONNECTION_MANAGER_URL,
  HTTP_PROTOCOL_OPTIONS_URL,
  OTEL_TRACER_URL,
  OUTBOUND_ROUTE,
  PREVIOUS_HOSTS_URL,
  ROUTER_FILTER_URL,
  STATIC_RESOURCE_DETECTOR_URL,
  TYPE_URL,
} from '#lab/xds/type-urls.ts';
import {
  ATTR_PROXY,
  ATTR_ROUTING_MODE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_PEER_NAME,
} from '#telemetry/attributes.ts';

const OUTBOUND_PORT = 15_001;
/** The cluster of Envoy's own bootstrap that leads to an OTLP/HTTP receiver. */
const OTLP_CLUSTER = 'otlp';
const INBOUND_CLUSTER = 'inbound';
const METADATA_KEY = 'mesh';

/**
 * What an Envoy beside the instance `nodeId` reads: real listeners on the sidecar's ports, one route table for all
 * services, and every cluster. Envoy has no span tag for the kind of discovery (EDS and DNS look alike), so each cluster
 * carries its mode as metadata and the tracer copies it.
 */
export function renderEnvoy(
  services: readonly MeshService[],
  nodeId: string,
  options: RenderOptions & { readonly dnsAddress: Address | undefined },
): readonly Resource[] {
  const owner = services.find(({ endpoints }) => endpoints.some(isNamed(nodeId)));
  const instance = owner?.endpoints.find(isNamed(nodeId));
  return [
    ...(owner === undefined || instance === undefined ? [] : renderListeners(owner.name, instance)),
    renderRoutes(services),
    ...renderClusters(services, options),
    ...(instance === undefined ? [] : [renderInboundCluster(instance)]),
  ];
}

function isNamed(id: string): (endpoint: MeshEndpoint) => boolean {
  return ({ instance }) => instance === id;
}

function renderListeners(service: string, instance: MeshEndpoint): readonly Listener[] {
  const inboundHost: VirtualHost = {
    name: service,
    domains: ['*'],
    routes: [{ match: { prefix: '/' }, route: { cluster: INBOUND_CLUSTER } }],
  };
  return [
    renderListener('outbound', instance.address, OUTBOUND_PORT, {
      ...connectionManager('outbound', service, instance.instance),
      rds: {
        route_config_name: OUTBOUND_ROUTE,
        config_source: { ads: {}, resource_api_version: 'V3' },
      },
    }),
    renderListener('inbound', instance.address, instance.port, {
      ...connectionManager('inbound', service, instance.instance),
      route_config: { name: 'inbound', virtual_hosts: [inboundHost] },
    }),
  ];
}

function renderListener(
  name: 'inbound' | 'outbound',
  address: string,
  port: number,
  manager: HttpConnectionManager,
): Listener {
  return {
    '@type': TYPE_URL.LDS,
    name,
    traffic_direction: name === 'outbound' ? 'OUTBOUND' : 'INBOUND',
    address: { socket_address: { address, port_value: port } },
    filter_chains: [
      {
        filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
      },
    ],
  };
}

function connectionManager(name: string, service: string, instance: string): HttpConnectionManager {
  return {
    '@type': HTTP_CONNECTION_MANAGER_URL,
    stat_prefix: name,
    http_filters: [
      { name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER_FILTER_URL } },
    ],
    tracing: {
      random_sampling: { value: 100 },
      // One span per request, SERVER or CLIENT by the direction: a CLIENT span per attempt would be missing exactly
      // where a call finds no route or no cluster, since nothing is attempted then.
      spawn_upstream_span: { value: false },
      provider: { name: 'envoy.tracers.opentelemetry', typed_config: tracer(service, instance) },
      ...(name === 'outbound' && { custom_tags: OUTBOUND_TAGS }),
    },
  };
}

/** What Envoy does not say by itself. A call that finds no cluster was still asked for by xDS, and named its callee. */
const OUTBOUND_TAGS = [
  {
    tag: ATTR_ROUTING_MODE,
    metadata: {
      kind: { cluster: {} },
      metadata_key: { key: METADATA_KEY, path: [{ key: 'routing_mode' }] },
      default_value: 'xds',
    },
  },
  { tag: ATTR_SERVICE_PEER_NAME, request_header: { name: ':authority' } },
];

function tracer(service: string, instance: string): Typed {
  return {
    '@type': OTEL_TRACER_URL,
    ...{
      service_name: service,
      http_service: {
        http_uri: {
          uri: `http://${OTLP_CLUSTER}/v1/traces`,
          cluster: OTLP_CLUSTER,
          timeout: { seconds: 1 },
        },
      },
      resource_detectors: [
        {
          name: 'envoy.tracers.opentelemetry.resource_detectors.static_config',
          typed_config: {
            '@type': STATIC_RESOURCE_DETECTOR_URL,
            attributes: { [ATTR_SERVICE_INSTANCE_ID]: instance, [ATTR_PROXY]: 'sidecar' },
          },
        },
      ],
    },
  };
}

function renderRoutes(services: readonly MeshService[]): RouteConfiguration {
  return {
    '@type': TYPE_URL.RDS,
    name: OUTBOUND_ROUTE,
    virtual_hosts: services.map(({ name }) => ({
      name,
      domains: [name, `${name}:*`, `${name}.lab`],
      routes: [{ match: { prefix: '/' }, route: { cluster: name, retry_policy: RETRY } }],
    })),
  };
}

/** What our own sidecar does: once more, elsewhere, for a request that never reached an instance. */
const RETRY: RetryPolicy = {
  retry_on: 'connect-failure,refused-stream',
  num_retries: { value: 1 },
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: { '@type': PREVIOUS_HOSTS_URL },
    },
  ],
  host_selection_retry_max_attempts: 3,
};

/** The clusters that gRPC gets, with what only Envoy reads; its DNS clusters ask the lab's own server, and go on asking. */
function renderClusters(
  services: readonly MeshService[],
  options: RenderOptions & { readonly dnsAddress: Address | undefined },
): readonly Resource[] {
  return services.flatMap((service) =>
    renderProxyless([service], options)
      .filter(({ '@type': type }) => type === TYPE_URL.CDS || type === TYPE_URL.EDS)
      .map((resource) =>
        resource['@type'] === TYPE_URL.CDS
          ? toEnvoyCluster(resource as Cluster, service, options.dnsAddress)
          : resource,
      ),
  );
}

/** `cluster` as Envoy takes it. */
export function toEnvoyCluster(
  cluster: Cluster,
  service: MeshService,
  dnsAddress: Address | undefined,
): Cluster {
  const isDns = cluster.type === 'LOGICAL_DNS';
  // Envoy names its spans after the alternative name, and needs no stamp to believe in a restore.
  const { alt_stat_name: _, ...rest } = cluster;
  return {
    ...rest,
    ...(cluster.cluster_type === undefined ? {} : { lb_policy: 'CLUSTER_PROVIDED' }),
    ...(isDns ? { type: 'STRICT_DNS', ...dnsSettings(dnsAddress) } : {}),
    ...(service.protocol === 'grpc' ? { typed_extension_protocol_options: HTTP2 } : {}),
    metadata: {
      filter_metadata: {
        [METADATA_KEY]: {
          fields: {
            // The loader brings google.protobuf.Value with names in camel case.
            routing_mode: { stringValue: isDns ? 'dns' : 'xds' },
          },
        },
      },
    },
  };
}

const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': HTTP_PROTOCOL_OPTIONS_URL,
    ...{ explicit_http_config: { http2_protocol_options: {} } },
  },
};

function dnsSettings(dnsAddress: Address | undefined): Partial<Cluster> {
  return {
    respect_dns_ttl: true,
    dns_lookup_family: 'V4_ONLY',
    ...(dnsAddress === undefined
      ? {}
      : {
          typed_dns_resolver_config: {
            name: 'envoy.network.dns_resolver.cares',
            typed_config: {
              '@type': CARES_RESOLVER_URL,
              ...{
                resolvers: [dnsAddress],
                dns_resolver_options: { no_default_search_domain: true },
              },
            },
          },
        }),
  };
}

function renderInboundCluster(instance: MeshEndpoint): Cluster {
  const address = { socket_address: { address: instance.address, port_value: instance.appPort } };
  return {
    '@type': TYPE_URL.CDS,
    name: INBOUND_CLUSTER,
    type: 'STATIC',
    connect_timeout: { seconds: 1 },
    load_assignment: {
      cluster_name: INBOUND_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}
