/** Attribute names: OpenTelemetry's semantic conventions first, `mesh.…` where they have none. */
export const ATTR_SERVICE_NAME = 'service.name';
export const ATTR_SERVICE_INSTANCE_ID = 'service.instance.id';
/** The callee's service name on a client span; replaces the deprecated `peer.service`. */
export const ATTR_SERVICE_PEER_NAME = 'service.peer.name';
export const ATTR_PEER_SERVICE = 'peer.service';
export const ATTR_SERVER_ADDRESS = 'server.address';
export const ATTR_SERVER_PORT = 'server.port';
export const ATTR_NETWORK_PEER_ADDRESS = 'network.peer.address';
export const ATTR_NETWORK_PEER_PORT = 'network.peer.port';
export const ATTR_HTTP_REQUEST_METHOD = 'http.request.method';
export const ATTR_HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
export const ATTR_HTTP_ROUTE = 'http.route';
export const ATTR_URL_PATH = 'url.path';
export const ATTR_ERROR_TYPE = 'error.type';
export const ATTR_RPC_SYSTEM = 'rpc.system';
export const ATTR_RPC_SERVICE = 'rpc.service';
export const ATTR_RPC_METHOD = 'rpc.method';
export const ATTR_RPC_GRPC_STATUS_CODE = 'rpc.grpc.status_code';
export const ATTR_DNS_QUESTION_NAME = 'dns.question.name';
/** gRFC A66: the canonical target with its scheme, e.g. `xds:///login`. */
export const ATTR_GRPC_TARGET = 'grpc.target';

/** `xds | dns | static | direct`, stated by a sidecar on each client span. */
export const ATTR_ROUTING_MODE = 'mesh.routing.mode';
/** `stream | cache | fallback | resolver | file`. */
export const ATTR_ROUTING_SOURCE = 'mesh.routing.source';
export const ATTR_LDS_VERSION = 'mesh.xds.lds_version';
export const ATTR_RDS_VERSION = 'mesh.xds.rds_version';
export const ATTR_CDS_VERSION = 'mesh.xds.cds_version';
export const ATTR_EDS_VERSION = 'mesh.xds.eds_version';
export const ATTR_XDS_CONFIG_AGE_MS = 'mesh.xds.config_age_ms';
export const ATTR_XDS_CONNECTED = 'mesh.xds.connected';

/** On a client span that a circuit breaker refused: which limit, by its name in circuit_breaker.proto. */
export const ATTR_CIRCUIT_BREAKER_LIMIT = 'mesh.circuit_breaker.limit';

/** 'sidecar' on the resource of a proxy that reports under its application's service name. */
export const ATTR_PROXY = 'mesh.proxy';

/** On spans and metric points about xDS itself. */
export const ATTR_XDS_TYPE = 'mesh.xds.type';
export const ATTR_XDS_VERSION = 'mesh.xds.version';
export const ATTR_XDS_NODE = 'mesh.xds.node';
export const ATTR_XDS_OUTCOME = 'mesh.xds.outcome';
export const ATTR_XDS_REJECT_REASON = 'mesh.xds.reject.reason';
export const ATTR_XDS_RESOURCES = 'mesh.xds.resources';
export const ATTR_XDS_RESOURCES_REMOVED = 'mesh.xds.resources.removed';
export const ATTR_XDS_CLIENT_ID = 'mesh.xds.client.id';
export const ATTR_XDS_CLIENT_KIND = 'mesh.xds.client.kind';
export const ATTR_XDS_SERVER = 'grpc.xds.server';
export const ATTR_XDS_RESOURCE_TYPE = 'grpc.xds.resource_type';
export const ATTR_XDS_CACHE_STATE = 'grpc.xds.cache_state';
export const ATTR_XDS_VERSION_RECEIVED = 'mesh.xds.version.received';
export const ATTR_XDS_VERSION_ACKED = 'mesh.xds.version.acked';
export const ATTR_XDS_VERSION_REJECTED = 'mesh.xds.version.rejected';
/** Names that the client asked for and does not hold, joined by ','. */
export const ATTR_XDS_RESOURCES_MISSING = 'mesh.xds.resources.missing';
/** Names whose load assignment is held and has no usable endpoint, joined by ','. */
export const ATTR_XDS_RESOURCES_EMPTY = 'mesh.xds.resources.empty';
/** telemetry/safeguard.ts. */
export const ATTR_SAFEGUARD_NAME = 'mesh.safeguard.name';
export const ATTR_CONTROL_PLANE_RELEASE = 'mesh.control_plane.release';
export const ATTR_DNS_RESPONSE_CODE = 'mesh.dns.response_code';
/** Envoy's own, on the metrics of one cluster. */
export const ATTR_ENVOY_CLUSTER_NAME = 'envoy.cluster_name';
