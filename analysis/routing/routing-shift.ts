import type { UnixNano } from '#telemetry/time.ts';

/** A lasting change in how one caller finds one callee. */
export interface RoutingShift {
  readonly id: string;
  readonly client: string;
  readonly server: string;
  readonly direction: 'to-dns' | 'to-mesh';
  /** The first request found the new way. */
  readonly firstSeenUnixNano: UnixNano;
  /** Most likely instant of the change (maximum-likelihood split). */
  readonly atUnixNano: UnixNano;
  /** Profile-likelihood interval of `atUnixNano`: statistic within 1.92 of its peak. */
  readonly fromUnixNano: UnixNano;
  readonly toUnixNano: UnixNano;
  /** When the share had all moved; undefined while under way. */
  readonly completedUnixNano?: UnixNano;
  /** DNS share before and after, 0..1. */
  readonly shareBefore: number;
  readonly shareAfter: number;
  readonly detectedUnixNano: UnixNano;
}

/** One service's move as a caller: the union of its edges' shifts in one direction. */
export interface ServiceShift {
  readonly service: string;
  readonly direction: 'to-dns' | 'to-mesh';
  readonly beganUnixNano: UnixNano;
  readonly endedUnixNano?: UnixNano;
  readonly edges: number;
}
