/**
 * The messages of envoy.service.discovery.v3, as they cross the wire: proto3 field names, absent means default.
 * Only the fields that the lab reads or writes are listed; unknown ones pass through unread.
 */

/** A message of any type, named by its URL. `value` is the encoded message. */
export interface Any {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface Node {
  readonly id?: string;
  readonly cluster?: string;
  readonly user_agent_name?: string;
  readonly user_agent_version?: string;
  readonly locality?: { readonly region?: string; readonly zone?: string };
  readonly client_features?: readonly string[];
}

/** google.rpc.Status: its presence in a request is what makes it a NACK (xds_protocol.rst, "ACK and NACK"). */
export interface ErrorDetail {
  readonly code?: number;
  readonly message?: string;
}

/** State of the world. */
export interface DiscoveryRequest {
  readonly version_info?: string;
  /** Only guaranteed in the first request of a stream. */
  readonly node?: Node;
  readonly resource_names?: readonly string[];
  readonly type_url?: string;
  readonly response_nonce?: string;
  readonly error_detail?: ErrorDetail;
}

export interface DiscoveryResponse {
  readonly version_info?: string;
  readonly resources?: readonly Any[];
  readonly type_url?: string;
  readonly nonce?: string;
  readonly control_plane?: { readonly identifier?: string };
}

/** Incremental ("delta"). */
export interface DeltaDiscoveryRequest {
  readonly node?: Node;
  readonly type_url?: string;
  readonly resource_names_subscribe?: readonly string[];
  readonly resource_names_unsubscribe?: readonly string[];
  readonly initial_resource_versions?: Readonly<Record<string, string>>;
  readonly response_nonce?: string;
  readonly error_detail?: ErrorDetail;
}

export interface DeltaDiscoveryResponse {
  readonly system_version_info?: string;
  readonly resources?: readonly WrappedResource[];
  readonly type_url?: string;
  readonly removed_resources?: readonly string[];
  readonly nonce?: string;
  readonly control_plane?: { readonly identifier?: string };
}

/** envoy.service.discovery.v3.Resource; a heartbeat has a `ttl` and no `resource`. */
export interface WrappedResource {
  readonly name?: string;
  readonly version?: string;
  readonly resource?: Any;
  readonly ttl?: Duration;
}

export interface Duration {
  readonly seconds?: string | number;
  readonly nanos?: number;
}
