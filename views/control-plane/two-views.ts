import type { ControlPlaneView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { Health } from '#analysis/service-map/service-map.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { formatPlural } from '#views/format/format-number.ts';
import { formatAgeAt } from '#views/format/format-time.ts';
import { VERDICT_ORDER, verdictLook } from './verdict-look.ts';

export interface OneView {
  readonly health: Health;
  readonly word: string;
  readonly detail: string;
}

/** The two words about the control plane, side by side, and the health that the pair makes. */
export function judgeTwoViews(view: ControlPlaneView): {
  readonly server: OneView;
  readonly clients: OneView & { readonly agrees: boolean };
  readonly health: Health;
} {
  const server = serverWord(view);
  const clients = clientsWord(view);
  const order: readonly Health[] = ['critical', 'degraded', 'unknown', 'ok'];
  const health = order.find((one) => server.health === one || clients.health === one) ?? 'unknown';
  return {
    server,
    clients: { ...clients, agrees: view.claims.every((claim) => claim.agrees) },
    health: view.state === 'lost' ? 'critical' : health,
  };
}

function serverWord({ server, atUnixNano }: ControlPlaneView): OneView {
  if (server.silentSinceUnixNano !== undefined) {
    const last = server.version === undefined ? '' : `last known ${versionWord(server.version)}`;
    return {
      health: 'unknown',
      word: `silent for ${formatAgeAt(server.silentSinceUnixNano, atUnixNano)}`,
      detail: last,
    };
  }
  if (server.lastReportUnixNano === undefined) {
    return { health: 'unknown', word: 'nothing', detail: 'it sends no telemetry' };
  }
  const refused = server.nacks > 0 ? ` · ${server.nacks} refused` : '';
  return {
    health: 'ok',
    word: 'healthy',
    detail: `${server.acks} acked${refused}`,
  };
}

function clientsWord(view: ControlPlaneView): OneView {
  const { clients } = view;
  if (clients.length === 0) return { health: 'unknown', word: 'nothing', detail: 'none seen' };
  if (view.state === 'lost') {
    const since = view.stateSinceUnixNano;
    const age = since === undefined ? '' : ` ${formatAgeAt(since, view.atUnixNano)} ago`;
    return { health: 'critical', word: `lost${age}`, detail: countWords(clients) };
  }
  const worst = VERDICT_ORDER.find((verdict) => clients.some((one) => one.verdict === verdict));
  if (worst === undefined || worst === 'in-sync') {
    return { health: 'ok', word: 'in sync', detail: `${clients.length} of ${clients.length}` };
  }
  const look = verdictLook(worst);
  const health = look.tone === 'crit' ? 'critical' : 'degraded';
  return { health, word: look.word.toLowerCase(), detail: countWords(clients) };
}

/** "2 failing, 1 stream lost". */
function countWords(clients: readonly XdsClient[]): string {
  const words = VERDICT_ORDER.flatMap((verdict) => {
    const count = clients.filter((client) => client.verdict === verdict).length;
    return count === 0 || verdict === 'in-sync' ? [] : [`${count} ${verdictLook(verdict).counted}`];
  });
  return words.length === 0 ? formatPlural(clients.length, 'client') : words.slice(0, 2).join(', ');
}
