import type { Setback } from '#analysis/incident/find-setbacks.ts';
import type { IncidentEvent } from '#analysis/incident/incident.ts';
import { CONTROL_PLANE, entry } from '#analysis/incident/incident-entry.ts';
import type { Evidence } from '#analysis/incident/incident-evidence.ts';
import { METRIC_DNS_QUERIES, METRIC_XDS_CLIENT_CONFIG_AGE } from '#telemetry/metric-names.ts';
import { endOfSecond } from '#telemetry/time.ts';

const DNS = 'DNS';

/** Refusals, versions that went back, and the end of refusals. */
export function setbackEvents(
  { setbacks, controlPlane, second }: Evidence,
  /** What stands refused. */
  refused: ReadonlySet<string>,
  events: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  const fresh = setbacks
    .filter((setback) => !events.some((event) => isOf(setback, event)))
    .map((setback) => {
      const { kind, type, version, reason, clients, unixNano } = setback;
      const by = `${clients.length} of ${controlPlane.clients.length} clients`;
      const text =
        kind === 'push-rejected'
          ? `${type} ${version} refused by ${by}: ${reason}`
          : `${by} took an older version: ${reason}`;
      return entry(unixNano, kind, CONTROL_PLANE, text, METRIC_XDS_CLIENT_CONFIG_AGE);
    })
    // One refusal at a time: each further version that is refused for the same reason is the same trouble.
    .filter(({ kind }) => kind !== 'push-rejected' || refused.size === 0)
    .slice(0, 1);
  const isRefused = setbacks.some(({ kind }) => kind === 'push-rejected');
  if (fresh.length > 0 || isRefused || refused.size === 0) return fresh;
  const text = 'no client refuses what it was sent';
  return [
    entry(endOfSecond(second), 'push-accepted', CONTROL_PLANE, text, METRIC_XDS_CLIENT_CONFIG_AGE),
  ];
}

/** The same version may be refused by ever more clients, and all that go back are one setback. */
function isOf(setback: Setback, event: IncidentEvent): boolean {
  if (event.kind !== setback.kind) return false;
  return (
    setback.kind === 'version-regressed' ||
    event.text.startsWith(`${setback.type} ${setback.version} `)
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
