import type { LatencyHistogram } from './latency-histogram.ts';
import type { RoutingMode } from './routing-mode.ts';
import type { UnixSecond } from './time.ts';

/** The client of requests that enter the system: a root SERVER span has no caller that sends telemetry. */
export const USERS = '@users';

/** What stands at the far end of an edge. `address` is a host that no service has been seen behind. */
export type PeerKind = 'service' | 'database' | 'messaging' | 'address';
/** The index is the code in the store: append only. */
export const PEER_KINDS: readonly PeerKind[] = ['service', 'database', 'messaging', 'address'];

/**
 * Calls from one service to another that ended inside one bucket or window, by how the callee was found.
 * Folded from CLIENT and PRODUCER spans (and from root SERVER spans, with client `USERS`).
 */
export interface CallEdge {
  readonly client: string;
  readonly server: string;
  readonly serverKind: PeerKind;
  readonly mode: RoutingMode;
  readonly calls: number;
  readonly errors: number;
  /** Time as the client saw it. */
  readonly latency: LatencyHistogram;
}

export interface CallEdgeSecond extends CallEdge {
  readonly second: UnixSecond;
}

/** Requests that a service answered (SERVER and CONSUMER spans) inside one bucket or window. */
export interface ServiceCalls {
  readonly service: string;
  readonly requests: number;
  readonly errors: number;
  readonly latency: LatencyHistogram;
}

export interface ServiceCallsSecond extends ServiceCalls {
  readonly second: UnixSecond;
}

/** One running copy of a service, by `service.instance.id`. */
export interface ServiceInstance {
  readonly service: string;
  readonly instance: string;
  readonly firstSecond: UnixSecond;
  readonly lastSecond: UnixSecond;
}
