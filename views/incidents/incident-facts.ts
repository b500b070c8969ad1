import type { Incident } from '#analysis/incident/incident.ts';
import {
  elapsedNs,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type UnixNano,
} from '#telemetry/time.ts';
import { formatAge } from '#views/format/format-time.ts';

/** How long it has lasted, or lasts at `now`. */
export function lengthNs(incident: Incident, now: UnixNano): number {
  return Math.max(0, elapsedNs(incident.startUnixNano, incident.endUnixNano ?? now));
}

/** Of one that was over with its first evidence nobody can say how many tenths. */
export function lengthWords(incident: Incident, now: UnixNano): string {
  const ns = lengthNs(incident, now);
  return ns < NS_PER_SECOND ? '< 1 s' : formatAge(ns);
}

/** What became of it for callers; of one that reached nobody there was nothing to mitigate. */
export function mitigationWords(incident: Incident): string {
  const reachedNobody = incident.failedCalls === 0 && incident.slowdowns.length === 0;
  if (reachedNobody && incident.mitigatedUnixNano === undefined) return 'no call failed';
  const mitigated = mitigateNs(incident);
  return mitigated === undefined ? 'not mitigated yet' : `mitigated after ${formatAge(mitigated)}`;
}

/** The middle value; of two middles the mean. undefined for none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function detectNs(incident: Incident): number {
  return Math.max(0, elapsedNs(incident.startUnixNano, incident.detectedUnixNano));
}

/** undefined while it is not mitigated. */
export function mitigateNs(incident: Incident): number | undefined {
  const until = incident.mitigatedUnixNano ?? incident.endUnixNano;
  return until === undefined ? undefined : Math.max(0, elapsedNs(incident.startUnixNano, until));
}

/** Width of a duration bar, 0..1: logarithmic from 10 s to 6 h, or the longest would hide all others. */
export function durationBar(ns: number): number {
  const [shortest, longest] = [10 * NS_PER_SECOND, 6 * 3600 * NS_PER_SECOND];
  const share = Math.log(Math.max(ns, shortest) / shortest) / Math.log(longest / shortest);
  return Math.max(0.03, Math.min(1, share));
}

export type IncidentGroup = 'Open' | 'Today' | 'This week' | 'Earlier';
export const INCIDENT_GROUPS: readonly IncidentGroup[] = ['Open', 'Today', 'This week', 'Earlier'];

export function groupOf(incident: Incident, now: UnixNano): IncidentGroup {
  if (incident.state === 'open') return 'Open';
  const days = elapsedNs(incident.startUnixNano, now) / (86_400 * NS_PER_SECOND);
  if (days < 1) return 'Today';
  return days < 7 ? 'This week' : 'Earlier';
}

/** True when every word is in the title, the cause, a service or the number. */
export function matchesWords(incident: Incident, words: string): boolean {
  const text =
    `${incident.title} ${incident.cause} ${incident.services.join(' ')} INC-${incident.number} SEV-${incident.severity} ${incident.state}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The replay at the second of an instant. */
export function replayHref(incidentId: string, at?: UnixNano): string {
  const path = `/incidents/${encodeURIComponent(incidentId)}/replay`;
  return at === undefined ? path : `${path}?at=${startOfSecond(secondOf(at))}`;
}
