import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

const PREFIX = 'type.googleapis.com/';

/** The type URL of each resource type, version 3 of the API. */
export const TYPE_URL: Readonly<Record<XdsType, string>> = {
  CDS: `${PREFIX}envoy.config.cluster.v3.Cluster`,
  EDS: `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`,
  LDS: `${PREFIX}envoy.config.listener.v3.Listener`,
  RDS: `${PREFIX}envoy.config.route.v3.RouteConfiguration`,
};

/** Messages that travel inside the resources. */
export const HTTP_CONNECTION_MANAGER_URL = `${PREFIX}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
export const ROUTER_FILTER_URL = `${PREFIX}envoy.extensions.filters.http.router.v3.Router`;
export const AGGREGATE_CLUSTER_URL = `${PREFIX}envoy.extensions.clusters.aggregate.v3.ClusterConfig`;

/** The resource type of a type URL; undefined for one that Detour does not serve. */
export function xdsTypeOf(typeUrl: string): XdsType | undefined {
  return XDS_TYPES.find((type) => TYPE_URL[type] === typeUrl);
}
/** Read by Envoy alone. */
export const HTTP_PROTOCOL_OPTIONS_URL = `${PREFIX}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`;
export const CARES_RESOLVER_URL = `${PREFIX}envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig`;
export const OTEL_TRACER_URL = `${PREFIX}envoy.config.trace.v3.OpenTelemetryConfig`;
export const STATIC_RESOURCE_DETECTOR_URL = `${PREFIX}envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig`;
export const OTEL_SINK_URL = `${PREFIX}envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig`;
export const SCOPED_ROUTE_URL = `${PREFIX}envoy.config.route.v3.ScopedRouteConfiguration`;
/** The route table for what leaves an instance through an Envoy. */
export const OUTBOUND_ROUTE = 'outbound';
export const PREVIOUS_HOSTS_URL = `${PREFIX}envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate`;
export const DNS_CLUSTER_URL = `${PREFIX}envoy.extensions.clusters.dns.v3.DnsCluster`;
