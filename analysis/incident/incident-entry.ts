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

export function byTime(a: IncidentEvent, b: IncidentEvent): number {
  return Number(a.unixNano - b.unixNano);
}

/** An edge as the subject of events. */
export function subjectOf(edge: string): string {
  return edge.replace('->', ' → ').replace(USERS, 'users');
}
