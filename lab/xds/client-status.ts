import type { Any, Node } from '#lab/xds/discovery.ts';
import type { Typed } from '#lab/xds/resources.ts';

/** envoy.service.status.v3, as far as the lab writes and reads it. */
export interface ClientStatusRequest {
  readonly node_matchers?: readonly { readonly node_id?: { readonly exact?: string } }[];
}

export interface ClientStatusResponse {
  readonly config?: readonly ClientConfig[];
}

/** One client: told by the control plane (`config_status`) or by the client itself (`client_status`). */
export interface ClientConfig {
  readonly node?: Node;
  readonly generic_xds_configs?: readonly GenericXdsConfig[];
}

export interface GenericXdsConfig {
  readonly type_url?: string;
  readonly name?: string;
  readonly version_info?: string;
  /** Packed where it is written, unfolded where it is read. */
  readonly xds_config?: Any | Typed;
  readonly config_status?: 'UNKNOWN' | 'SYNCED' | 'NOT_SENT' | 'STALE' | 'ERROR';
  readonly client_status?:
    | 'UNKNOWN'
    | 'REQUESTED'
    | 'DOES_NOT_EXIST'
    | 'ACKED'
    | 'NACKED'
    | 'RECEIVED_ERROR'
    | 'TIMEOUT';
  readonly error_state?: { readonly details?: string };
}
