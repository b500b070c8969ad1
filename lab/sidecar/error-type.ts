/** Why a lookup gave no address; values of `error.type`. `empty_endpoints`: the name exists and has no address. */
export type DnsErrorType = 'dns_nxdomain' | 'dns_servfail' | 'dns_timeout' | 'empty_endpoints';

/** Values of `error.type` on a sidecar's client spans: a closed set, so that they can be counted. */
export type ErrorType =
  | DnsErrorType
  | 'no_mapping'
  | 'connect_refused'
  | 'deadline'
  /** All endpoints are ejected and the panic threshold is off: Envoy's response flag UH. */
  | 'no_healthy_endpoint'
  /** Refused by a circuit breaker, as Envoy's response flag UO. */
  | 'overflow'
  /** The caller went away. */
  | 'cancelled'
  | 'upstream_5xx'
  /** A fault of the proxy itself. */
  | 'proxy_error';
