import type { IncidentEvent, IncidentEventKind } from '#analysis/incident/incident.ts';
import { USERS } from '#telemetry/call-edge.ts';
import type { UnixNano } from '#telemetry/time.ts';

/** The subject of events that are about control planes as such. */
export const CONTROL_PLANE = 'control plane';

export function entry(
  unixNano: UnixNano,
  kind: IncidentEventKind,
  subject: string,
  text: string,
  evidence: string,
): IncidentEvent {
  return { unixNano, kind, subject, text, evidence };
}

/** In order of time; at one instant what is published or breaks, then what it does, then what is concluded. */
export function byTime(a: IncidentEvent, b: IncidentEvent): number {
  if (a.unixNano !== b.unixNano) return a.unixNano < b.unixNano ? -1 : 1;
  return (RANKS[a.kind] ?? CAUSE) - (RANKS[b.kind] ?? CAUSE);
}

const CAUSE = 1;
const RANKS: Partial<Readonly<Record<IncidentEventKind, number>>> = {
  release: 0,
  'control-plane-lost': 0,
  'control-plane-restored': 0,
  'failures-began': 2,
  'failures-ended': 2,
  'slow-began': 2,
  'slow-ended': 2,
  'client-stuck': 2,
  'incident-opened': 3,
  mitigated: 4,
  resolved: 4,
};

/** An edge as the subject of events. */
export function subjectOf(edge: string): string {
  return edge.replace('->', ' → ').replace(USERS, 'users');
}
