import type {
  ControlPlaneView,
  DnsView,
  XdsClientVerdict,
} from '#analysis/control-plane/xds-client.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { PeerKind } from '#telemetry/call-edge.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import type { TimeWindow } from '#telemetry/time.ts';

/** Rates on the live map, and on every frame of a replay, are over the last seconds: an instant has no rate. */
export const LIVE_WINDOW_SECONDS = 5;

export type Health = 'ok' | 'degraded' | 'critical' | 'unknown';

export interface ModeCount {
  readonly mode: RoutingMode;
  readonly calls: number;
  readonly errors: number;
}

export interface ServiceNode {
  readonly id: string;
  readonly name: string;
  readonly kind: 'users' | PeerKind;
  readonly health: Health;
  /** Why the health is what it is, one phrase; '' when ok. */
  readonly healthReason: string;
  /** Of a caller's calls to it, set while that is what ails it. */
  readonly slowdown?: Slowdown;
  readonly instances: number;
  readonly requestsPerSecond: number;
  /** Of calls that callers made to it, whether they reached it or not; 0..1. */
  readonly errorRatio: number;
  readonly p50Ns?: number;
  readonly p95Ns?: number;
  readonly p99Ns?: number;
  /** Incoming calls by how callers found it. */
  readonly incoming: readonly ModeCount[];
  /** Its own xDS clients. */
  readonly clients: readonly {
    readonly id: string;
    readonly kind: 'sidecar' | 'grpc' | 'envoy' | 'other';
    readonly verdict: XdsClientVerdict;
    readonly version?: string;
    readonly configAgeNs?: number;
  }[];
}

export interface ServiceEdge {
  readonly id: string;
  readonly client: string;
  readonly server: string;
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly errors: number;
  readonly errorRatio: number;
  readonly p50Ns?: number;
  readonly p95Ns?: number;
  readonly p99Ns?: number;
  /** Sums to `calls`. */
  readonly byMode: readonly ModeCount[];
  readonly health: Health;
  /** The mode that found the callee for most calls of the hour before, where it differs from now. */
  readonly usualMode?: RoutingMode;
  /** Set while its calls take much longer than they did. */
  readonly slowdown?: Slowdown;
}

/** The service map of one window: everything the map draws, from one snapshot. */
export interface ServiceMap {
  readonly window: TimeWindow;
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
  readonly controlPlane: ControlPlaneView;
  readonly dns: DnsView | undefined;
  /** Calls between services (users' excluded) by mode; what the summary line prints. */
  readonly totals: readonly ModeCount[];
}

/** Places in unit coordinates (0..1), stable for the same set of nodes and edges. */
export interface MapLayout {
  readonly columns: number;
  readonly rows: number;
  readonly places: ReadonlyMap<
    string,
    { readonly column: number; readonly row: number; readonly x: number; readonly y: number }
  >;
}
