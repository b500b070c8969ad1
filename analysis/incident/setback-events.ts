import type { Setback } from '#analysis/incident/find-setbacks.ts';
import type { IncidentEvent, IncidentEventKind } from '#analysis/incident/incident.ts';
import { CONTROL_PLANE, entry } from '#analysis/incident/incident-entry.ts';
import type { Evidence } from '#analysis/incident/incident-evidence.ts';
import { METRIC_DNS_QUERIES, METRIC_XDS_CLIENT_CONFIG_AGE } from '#telemetry/metric-names.ts';
import { endOfSecond, type UnixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';

const DNS = 'DNS';

/** How the timeline tells that a setback is over; versions that went back simply stay. */
const ENDS: readonly {
  readonly kind: Setback['kind'];
  readonly end: IncidentEventKind;
  readonly text: string;
}[] = [
  { kind: 'push-rejected', end: 'push-accepted', text: 'no client refuses what it was sent' },
  { kind: 'push-fatal', end: 'push-survived', text: 'every client answers what it is sent' },
  { kind: 'clients-cut-off', end: 'clients-back', text: 'every client holds a stream again' },
];

export function standingSetbacks(events: readonly IncidentEvent[]): ReadonlySet<Setback['kind']> {
  return new Set(
    ENDS.filter(({ kind, end }) => stillOpen(events, kind, end).size > 0).map(({ kind }) => kind),
  );
}

/** Subjects that began and have not ended, with their begin. */
export function stillOpen(
  events: readonly IncidentEvent[],
  began: IncidentEventKind,
  ended: IncidentEventKind,
): ReadonlyMap<string, UnixNano> {
  const open = new Map<string, UnixNano>();
  for (const { kind, subject, unixNano } of events) {
    if (kind === began) open.set(subject, unixNano);
    else if (kind === ended) open.delete(subject);
  }
  return open;
}

/** Setbacks that are new, one of a kind at a time, and the end of those that stood. */
export function setbackEvents(
  { setbacks, controlPlane, second }: Evidence,
  standing: ReadonlySet<Setback['kind']>,
  events: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  // Each further version that is refused for the same reason is the same trouble.
  const fresh = setbacks.filter(
    (setback, index) =>
      !standing.has(setback.kind) &&
      !events.some((event) => isOf(setback, event)) &&
      setbacks.findIndex(({ kind }) => kind === setback.kind) === index,
  );
  const began = fresh.map((setback) =>
    entry(
      setback.unixNano,
      setback.kind,
      CONTROL_PLANE,
      textOf(setback, controlPlane.clients.length),
      METRIC_XDS_CLIENT_CONFIG_AGE,
    ),
  );
  const ended = ENDS.filter(
    ({ kind }) => standing.has(kind) && !setbacks.some((setback) => setback.kind === kind),
  ).map(({ end, text }) =>
    entry(endOfSecond(second), end, CONTROL_PLANE, text, METRIC_XDS_CLIENT_CONFIG_AGE),
  );
  return [...began, ...ended];
}

function textOf({ kind, type, version, reason, clients }: Setback, all: number): string {
  const by = `${clients.length} of ${all} clients`;
  switch (kind) {
    case 'push-rejected':
      return `${type} ${versionWord(version ?? '')} refused by ${by}: ${reason}`;
    case 'push-fatal':
      return `${type} ${versionWord(version ?? '')} ends ${clients.join(', ')}: ${reason}`;
    case 'clients-cut-off':
      return `${clients.join(', ')}: ${reason}`;
    case 'version-regressed':
      return `${by} took an older version: ${reason}`;
  }
}

/** The same version may be refused by ever more clients, and all that go back are one setback. */
function isOf(setback: Setback, event: IncidentEvent): boolean {
  if (event.kind !== setback.kind) return false;
  if (setback.kind === 'clients-cut-off') return event.unixNano === setback.unixNano;
  return (
    setback.kind === 'version-regressed' ||
    event.text.startsWith(`${setback.type} ${versionWord(setback.version ?? '')} `)
  );
}

export function dnsEvents(
  { dnsFailingSinceUnixNano: since }: Evidence,
  events: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  const said = events.some((event) => event.kind === 'dns-failing' && event.subject === DNS);
  if (since === undefined || said) return [];
  const text = 'the name server answers with failures';
  return [entry(since, 'dns-failing', DNS, text, METRIC_DNS_QUERIES)];
}

export function stuckEvents(
  { controlPlane, second }: Evidence,
  events: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  const kind = 'client-stuck';
  return controlPlane.clients.flatMap((client) => {
    const said = events.some((event) => event.kind === kind && event.subject === client.id);
    if (client.verdict !== 'stuck' || said || client.isSilent) return [];
    return [
      entry(endOfSecond(second), kind, client.id, client.reason, METRIC_XDS_CLIENT_CONFIG_AGE),
    ];
  });
}
