import type { Duration } from '#lab/xds/discovery.ts';

/**
 * The resources themselves, as far as the lab writes and reads them: proto3 field names, enums by name, absent means
 * default. A field of type google.protobuf.Any is an object whose `@type` is its type URL.
 */
export interface Typed {
  readonly '@type': string;
}

export type Resource = Listener | RouteConfiguration | Cluster | ClusterLoadAssignment;

export interface ConfigSource {
  readonly ads: Readonly<Record<string, never>>;
  readonly resource_api_version: 'V3';
  readonly initial_fetch_timeout?: Duration;
}

/** envoy.config.listener.v3.Listener: `api_listener` for gRPC and our sidecar, a socket address for Envoy. */
export interface Listener extends Typed {
  readonly name: string;
  readonly api_listener?: { readonly api_listener: HttpConnectionManager };
  readonly address?: Address;
  readonly traffic_direction?: 'INBOUND' | 'OUTBOUND';
  readonly filter_chains?: readonly {
    readonly filters: readonly {
      readonly name: string;
      readonly typed_config: HttpConnectionManager;
    }[];
  }[];
}

export interface HttpConnectionManager extends Typed {
  readonly stat_prefix: string;
  readonly rds?: { readonly route_config_name: string; readonly config_source: ConfigSource };
  readonly route_config?: Omit<RouteConfiguration, '@type'>;
  readonly http_filters: readonly { readonly name: string; readonly typed_config: Typed }[];
  readonly common_http_protocol_options?: { readonly max_stream_duration?: Duration };
  readonly tracing?: Readonly<Record<string, unknown>>;
}

export interface RouteConfiguration extends Typed {
  readonly name: string;
  readonly virtual_hosts: readonly VirtualHost[];
}

export interface VirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
}

interface Route {
  readonly match: { readonly prefix: string };
  readonly route: {
    readonly cluster: string;
    readonly timeout?: Duration;
    readonly retry_policy?: RetryPolicy;
  };
}

export interface RetryPolicy {
  readonly retry_on: string;
  readonly num_retries: { readonly value: number };
  readonly retry_host_predicate?: readonly {
    readonly name: string;
    readonly typed_config: Typed;
  }[];
  readonly host_selection_retry_max_attempts?: number;
}

export interface Cluster extends Typed {
  readonly name: string;
  readonly type?: 'EDS' | 'LOGICAL_DNS' | 'STRICT_DNS' | 'STATIC';
  readonly cluster_type?: {
    readonly name: string;
    readonly typed_config: Typed & { readonly clusters: readonly string[] };
  };
  readonly eds_cluster_config?: {
    readonly eds_config: ConfigSource;
    readonly service_name: string;
  };
  readonly lb_policy?: 'ROUND_ROBIN' | 'CLUSTER_PROVIDED';
  readonly alt_stat_name?: string;
  readonly connect_timeout?: Duration;
  readonly circuit_breakers?: {
    readonly thresholds: readonly { readonly max_requests?: { readonly value: number } }[];
  };
  readonly outlier_detection?: {
    readonly consecutive_5xx?: { readonly value: number };
    readonly interval?: Duration;
    readonly base_ejection_time?: Duration;
    readonly max_ejection_time?: Duration;
    readonly max_ejection_percent?: { readonly value: number };
  };
  readonly load_assignment?: Omit<ClusterLoadAssignment, '@type'>;
  readonly lrs_server?: { readonly self: Readonly<Record<string, never>> };
  readonly common_lb_config?: { readonly healthy_panic_threshold: { readonly value: number } };
  readonly metadata?: {
    /** By filter; each value is a google.protobuf.Struct, with `fields`. */
    readonly filter_metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly typed_extension_protocol_options?: Readonly<Record<string, Typed>>;
  readonly respect_dns_ttl?: boolean;
  readonly dns_refresh_rate?: Duration;
  readonly dns_lookup_family?: 'V4_ONLY';
  readonly typed_dns_resolver_config?: { readonly name: string; readonly typed_config: Typed };
}

/** envoy.config.endpoint.v3.ClusterLoadAssignment. */
export interface ClusterLoadAssignment extends Typed {
  readonly cluster_name: string;
  readonly endpoints?: readonly LocalityEndpoints[];
}

interface LocalityEndpoints {
  readonly locality?: { readonly region?: string; readonly zone?: string };
  readonly load_balancing_weight?: { readonly value: number };
  readonly priority?: number;
  readonly lb_endpoints?: readonly LbEndpoint[];
}

interface LbEndpoint {
  readonly health_status?: 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY' | 'DRAINING';
  readonly endpoint?: { readonly address?: Address };
}

export interface Address {
  readonly socket_address?: { readonly address?: string; readonly port_value?: number };
}

/** A resource's name is its `name`, but for a load assignment, where it is the `cluster_name`. */
export function resourceName(resource: Resource): string {
  return 'cluster_name' in resource ? resource.cluster_name : resource.name;
}
