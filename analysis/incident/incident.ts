import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { ServiceShift } from '#analysis/routing/routing-shift.ts';
import type { UnixNano } from '#telemetry/time.ts';

export type IncidentState = 'open' | 'mitigated' | 'resolved';
export type Severity = 1 | 2 | 3;

export type IncidentEventKind =
  | 'incident-opened'
  | 'config-lost'
  | 'config-restored'
  | 'release'
  | 'control-plane-lost'
  | 'control-plane-restored'
  | 'push-rejected'
  | 'push-accepted'
  | 'push-held-back'
  | 'push-fatal'
  | 'push-survived'
  | 'clients-cut-off'
  | 'clients-back'
  | 'version-regressed'
  | 'failures-began'
  | 'failures-ended'
  | 'slow-began'
  | 'slow-ended'
  | 'shift-began'
  | 'shift-half'
  | 'shift-ended'
  | 'client-stuck'
  | 'dns-failing'
  | 'mitigated'
  | 'resolved';

/** One entry of an incident's timeline. */
export interface IncidentEvent {
  readonly unixNano: UnixNano;
  readonly kind: IncidentEventKind;
  /** Service, edge ("song → artist"), client id or control plane. */
  readonly subject: string;
  readonly text: string;
  /** What it was read from, e.g. an attribute or metric name. */
  readonly evidence: string;
}

/** Opened by Detour from telemetry alone. */
export interface Incident {
  readonly id: string;
  /** "INC-7": short, counted per store. */
  readonly number: number;
  readonly title: string;
  readonly cause: string;
  readonly severity: Severity;
  readonly state: IncidentState;
  /** First evidence, not the moment of detection. */
  readonly startUnixNano: UnixNano;
  readonly detectedUnixNano: UnixNano;
  readonly mitigatedUnixNano?: UnixNano;
  readonly endUnixNano?: UnixNano;
  readonly services: readonly string[];
  readonly failedCalls: number;
  readonly totalCalls: number;
  /** Highest share of calls by DNS in any one second, and what was normal before. */
  readonly peakDnsRatio: number;
  readonly normalDnsRatio: number;
  readonly shifts: readonly ServiceShift[];
  /** Edges whose calls became slow, as they were found. */
  readonly slowdowns: readonly Slowdown[];
  readonly firstMover?: string;
  readonly lastMover?: string;
  readonly events: readonly IncidentEvent[];
}
