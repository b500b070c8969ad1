/** Metric names: gRPC's (gRFC A78) and Envoy's own first, `mesh.…` where neither has one. */

/** Gauge, 1 while the client has a working ADS stream to `grpc.xds.server`, else 0. */
export const METRIC_XDS_CLIENT_CONNECTED = 'grpc.xds_client.connected';
/** Counter: the stream or the channel to the server went from healthy to unhealthy. */
export const METRIC_XDS_CLIENT_SERVER_FAILURE = 'grpc.xds_client.server_failure';
/** Counters of accepted and refused resources, by `grpc.xds.resource_type`. */
export const METRIC_XDS_CLIENT_UPDATES_VALID = 'grpc.xds_client.resource_updates_valid';
export const METRIC_XDS_CLIENT_UPDATES_INVALID = 'grpc.xds_client.resource_updates_invalid';
/** Gauge: resources by `grpc.xds.cache_state` and `grpc.xds.resource_type`. */
export const METRIC_XDS_CLIENT_RESOURCES = 'grpc.xds_client.resources';
/**
 * Gauge, seconds since the content held for one resource type last changed. Its attributes say what the client holds:
 * `mesh.xds.client.id`, `mesh.xds.client.kind`, `grpc.xds.server`, `mesh.xds.type`, `mesh.xds.version.received`,
 * `mesh.xds.version.acked`, `mesh.xds.version.rejected`, `mesh.xds.reject.reason`, `mesh.xds.resources` (held),
 * `mesh.xds.resources.missing`, `mesh.xds.resources.empty`; `grpc.target` where one channel is the client.
 */
export const METRIC_XDS_CLIENT_CONFIG_AGE = 'mesh.xds.client.config_age';

/**
 * Envoy's own, as its `envoy.stat_sinks.open_telemetry` names them with its defaults (tags as attributes). Gauge: 1 while
 * the stream to the management server stands.
 */
export const METRIC_ENVOY_CONNECTED = 'control_plane.connected_state';
/** Gauges: a hash of the last accepted version text, and its instant in ms since 1970. `cluster.…` is EDS, by cluster. */
export const METRIC_ENVOY_VERSION = {
  CDS: 'cluster_manager.cds.version',
  EDS: 'cluster.version',
  LDS: 'listener_manager.lds.version',
  RDS: 'http.rds.version',
} as const;
export const METRIC_ENVOY_UPDATE_TIME = {
  CDS: 'cluster_manager.cds.update_time',
  EDS: 'cluster.update_time',
  LDS: 'listener_manager.lds.update_time',
  RDS: 'http.rds.update_time',
} as const;
/** Counters of subscriptions begun and answers awaited. Envoy sends no counter that is still 0: these count from its first second. */
export const METRIC_ENVOY_UPDATE_ATTEMPT = {
  CDS: 'cluster_manager.cds.update_attempt',
  LDS: 'listener_manager.lds.update_attempt',
} as const;
/** Counters: responses refused. */
export const METRIC_ENVOY_UPDATE_REJECTED = {
  CDS: 'cluster_manager.cds.update_rejected',
  EDS: 'cluster.update_rejected',
  LDS: 'listener_manager.lds.update_rejected',
  RDS: 'http.rds.update_rejected',
} as const;

/** Gauge: ADS streams open at the control plane. */
export const METRIC_CONTROL_PLANE_CLIENTS = 'mesh.control_plane.clients';
/** Gauge: resources in the published snapshot, by `mesh.xds.type`; with `mesh.xds.version` and the release. */
export const METRIC_CONTROL_PLANE_RESOURCES = 'mesh.control_plane.resources';
/** Counters by `mesh.xds.type`. */
export const METRIC_CONTROL_PLANE_PUSHES = 'mesh.control_plane.pushes';
export const METRIC_CONTROL_PLANE_ACKS = 'mesh.control_plane.acks';
export const METRIC_CONTROL_PLANE_NACKS = 'mesh.control_plane.nacks';
/** Counter by `mesh.xds.type`: answers to a response that a newer one had overtaken. */
export const METRIC_CONTROL_PLANE_STALE_NONCES = 'mesh.control_plane.stale_nonces';
/** Counter: streams closed because the client did not read. */
export const METRIC_CONTROL_PLANE_SLOW_STREAMS = 'mesh.control_plane.slow_streams';

/**
 * Gauge at a control plane or an xDS client, by `mesh.safeguard.name`: 1 while it is in force there, 0 while it could be
 * and is not. Nothing = nobody says.
 */
export const METRIC_SAFEGUARD = 'mesh.safeguard';

/** Counter at a DNS server, by `dns.question.name` and `mesh.dns.response_code`. */
export const METRIC_DNS_QUERIES = 'mesh.dns.queries';
/** Gauge at a DNS server: names it answers. */
export const METRIC_DNS_NAMES = 'mesh.dns.names';
/** Histogram at a DNS client, seconds (OpenTelemetry semantic conventions). */
export const METRIC_DNS_LOOKUP_DURATION = 'dns.lookup.duration';

/** Counter of OTLP requests at an ingester, by `signal`, `transport`, `outcome` and `error.type`. */
export const METRIC_INGEST_REQUESTS = 'detour.ingest.requests';
/** Counter of request bodies in bytes, as received, by the same. */
export const METRIC_INGEST_BYTES = 'detour.ingest.bytes';
/** Counter of spans, data points and log records, by `signal` and `outcome` (accepted, rejected). */
export const METRIC_INGEST_ITEMS = 'detour.ingest.items';
/** Gauge: bytes of request bodies in memory. */
export const METRIC_INGEST_IN_FLIGHT = 'detour.ingest.in_flight';
