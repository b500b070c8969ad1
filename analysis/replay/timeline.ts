import type { Push, Release, ServerView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { IncidentEvent } from '#analysis/incident/incident.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { PeerKind } from '#telemetry/call-edge.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import type { UnixSecond } from '#telemetry/time.ts';

/**
 * Everything a replay shows, in columns: one frame is one second is one roll-up bucket, so a frame is never interpolated.
 *
 *            frame 0   frame 1   frame 2 …
 *   edge 0   calls[0]  calls[1]  calls[2]       value of edge e at frame f stands at [e * frames + f]
 *   edge 1   …
 *
 * An edge here is one (client, server, mode).
 */
export interface ReplayTimeline {
  readonly startSecond: UnixSecond;
  readonly frames: number;
  readonly edges: readonly {
    readonly client: string;
    readonly server: string;
    readonly serverKind: PeerKind;
    readonly mode: RoutingMode;
  }[];
  readonly calls: readonly number[];
  readonly errors: readonly number[];
  /** p95 as the client saw it, µs; 0 where there were no calls. */
  readonly p95Us: readonly number[];
  readonly services: readonly { readonly service: string; readonly instances: number }[];
  /**
   * States of xDS clients: entry i holds from its frame on, until the next entry of the same client.
   * Ascending by frame.
   */
  readonly clientStates: readonly { readonly frame: number; readonly client: XdsClient }[];
  /** 0 unknown, 1 says healthy, 2 says trouble, 3 silent: one number a frame. */
  readonly serverSays: readonly number[];
  /** Number of xDS clients in trouble, and of all, one number a frame. */
  readonly clientsInTrouble: readonly number[];
  readonly clientsSeen: readonly number[];
  /** The DNS servers' word: entry i of each column holds from its frame on. Ascending by frame; none where none spoke. */
  readonly dns: {
    readonly frame: readonly number[];
    readonly service: readonly string[];
    readonly names: readonly number[];
    readonly queriesPerSecond: readonly number[];
    readonly failuresPerSecond: readonly number[];
  };
  /** The control plane's word: entry i holds from its frame on. Ascending by frame. */
  readonly serverStates: readonly { readonly frame: number; readonly server: ServerView }[];
  /** Newest first. */
  readonly pushes: readonly Push[];
  readonly releases: readonly Release[];
  /** How the edges found their callees before the incident, by edge id. */
  readonly usualModes: readonly { readonly edge: string; readonly mode: RoutingMode }[];
  readonly slowdowns: readonly Slowdown[];
  readonly events: readonly (IncidentEvent & { readonly frame: number })[];
}
