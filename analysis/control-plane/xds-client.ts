import type { UnixNano } from '#telemetry/time.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** What one xDS client holds of one resource type, in its own words. */
export interface XdsTypeState {
  /** Version last received, whatever became of it. */
  readonly received?: string;
  readonly acked?: string;
  /** Set while the last received version stands refused. */
  readonly rejected?: string;
  readonly rejectReason?: string;
  /** Responses refused so far, of a client that counts them and says no more. */
  readonly refusals?: number;
  readonly resources: number;
  /** Names asked for and not held. */
  readonly missing: readonly string[];
  /** Names held without a usable endpoint; undefined where the client does not say. */
  readonly empty?: readonly string[];
  /** Names that were held and went, of a client that does not say what it asks for. */
  readonly withdrawn?: readonly string[];
  /** When the held content last changed. */
  readonly changedUnixNano: UnixNano;
}

/**
 * Worst first. `failing`: everything acknowledged, yet its calls find no address.
 * `stuck`: the names are back and acknowledged, and its calls still find no address.
 */
export type XdsClientVerdict =
  | 'failing'
  | 'stuck'
  | 'rejected'
  | 'stream-lost'
  | 'names-gone'
  | 'not-acked'
  | 'older-version'
  | 'never-connected'
  | 'in-sync';

/** A client took a version below one that it had acknowledged. */
export interface Regression {
  readonly type: XdsType;
  readonly fromVersion: string;
}

/**
 * One xDS client (a sidecar, a proxyless gRPC channel, an Envoy) as its own metrics tell it. Kept when the client or the
 * control plane falls silent: the last known state with its age, never blank.
 */
export interface XdsClient {
  readonly id: string;
  readonly service: string;
  readonly kind: 'sidecar' | 'grpc' | 'envoy' | 'other';
  readonly server: string;
  /** gRFC A66 canonical target, of a proxyless gRPC channel that says it. */
  readonly target?: string;
  readonly connected: boolean;
  /** Since when `connected` has its value. */
  readonly connectedSinceUnixNano: UnixNano;
  readonly types: Readonly<Partial<Record<XdsType, XdsTypeState>>>;
  readonly lastReportUnixNano: UnixNano;
  /** It has missed several reports: everything here is its last word. */
  readonly isSilent: boolean;
  readonly verdict: XdsClientVerdict;
  /** One sentence of evidence for the verdict. */
  readonly reason: string;
  /** Set while the verdict is `older-version`. */
  readonly wentBack?: Regression;
  /** Share of its recent calls by mode that found no address, 0..1. */
  readonly noConfigRatio: number;
  /** What a restart now would do, from what it holds and what the server offers. */
  readonly restartRisk: 'safe' | 'would-break' | 'stays-broken' | 'unknown';
}

export interface Push {
  readonly unixNano: UnixNano;
  readonly type: XdsType;
  readonly version: string;
  readonly client: string;
  readonly resources: number;
  readonly removed: number;
  /** undefined while unanswered. */
  readonly ackAfterNs?: number;
  /** Set where the stream ended with it unanswered, or it was waited for in vain. */
  readonly silentAfterNs?: number;
  readonly outcome: 'acked' | 'nacked' | 'superseded' | 'silent';
  readonly reason?: string;
}

/** Pushes of one published version, as the control plane tells it. */
export interface Release {
  readonly unixNano: UnixNano;
  readonly version: string;
  readonly release: string;
  readonly resourcesBefore: number;
  readonly resourcesAfter: number;
}

/** A step that a control plane did not publish, because it would have taken away too much at once. */
export interface HeldPush {
  readonly unixNano: UnixNano;
  readonly release: string;
  /** Services that clients would have lost. */
  readonly names: readonly string[];
  readonly reason: string;
}

/** The control plane's own word, from its metrics and push spans. Undefined parts were never said. */
export interface ServerView {
  /** The service that reports as a control plane. */
  readonly service?: string;
  /** Since when it has been silent; undefined while it reports. */
  readonly silentSinceUnixNano?: UnixNano;
  readonly lastReportUnixNano?: UnixNano;
  readonly instance?: string;
  readonly version?: string;
  readonly release?: string;
  readonly connectedClients?: number;
  readonly resources: Readonly<Partial<Record<XdsType, number>>>;
  readonly acks: number;
  readonly nacks: number;
}

/** One claim about the control plane from both sides. */
export interface Claim {
  readonly subject: string;
  readonly server: string;
  readonly clients: string;
  readonly agrees: boolean;
  /** True when calls fail because of it. */
  readonly critical: boolean;
}

export interface ControlPlaneView {
  readonly atUnixNano: UnixNano;
  /** 'none' when no xDS client was ever seen: the map draws no control band. */
  readonly state: 'none' | 'healthy' | 'degraded' | 'lost';
  /** e.g. "lost 12 s ago, last known v41". */
  readonly summary: string;
  /** Since when `state` holds, where known. */
  readonly stateSinceUnixNano?: UnixNano;
  readonly server: ServerView;
  readonly clients: readonly XdsClient[];
  readonly claims: readonly Claim[];
  /** Newest first, bounded. */
  readonly pushes: readonly Push[];
  readonly releases: readonly Release[];
  /** Newest first; undefined where nobody asked. */
  readonly heldPushes?: readonly HeldPush[];
}

/** The DNS servers as their own metrics tell them; undefined when none reports. */
export interface DnsView {
  readonly service: string;
  readonly names: number;
  readonly queriesPerSecond: number;
  readonly failuresPerSecond: number;
  /** Of the first failure since when a good part of the answers are failures; undefined while they are not. */
  readonly failingSinceUnixNano?: UnixNano;
  readonly lastReportUnixNano: UnixNano;
}
