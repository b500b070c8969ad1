import type { ServiceNode } from '#analysis/service-map/service-map.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { type VerdictTone, verdictLook, worstVerdict } from '#views/control-plane/verdict-look.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { healthWord } from '#views/shell/health-icon.tsx';

export interface ConfigPhrase {
  readonly text: string;
  readonly tone: VerdictTone;
}

/** The third line of a node: what its xDS clients hold, or what kind of thing it is. */
export function describeConfig(node: ServiceNode): ConfigPhrase {
  const worst = worstVerdict(node.clients);
  if (worst === undefined) return { text: kindWord(node.kind), tone: 'quiet' };
  const look = verdictLook(worst);
  const held = node.clients.find((client) => client.version !== undefined)?.version;
  const version = held === undefined ? undefined : versionWord(held);
  if (worst === 'in-sync') return { text: version ?? 'in sync', tone: 'quiet' };
  const count = node.clients.filter((client) => client.verdict === worst).length;
  const isPart = count < node.clients.length;
  const share = isPart ? `${count} of ${node.clients.length} ` : '';
  const prefix = share === '' && version !== undefined ? `${version} · ` : share;
  return { text: `${prefix}${look.short}`, tone: look.tone };
}

/** The second line: rate, then what is not well of it, else latency. */
export function describeFlow(node: ServiceNode): {
  readonly rate: string;
  readonly detail: string;
  readonly isBad: boolean;
} {
  const rate = formatRate(node.requestsPerSecond);
  if (node.slowdown !== undefined) {
    return { rate, detail: `p50 ${formatLatency(node.slowdown.during.p50Ns)}`, isBad: true };
  }
  if (node.health === 'degraded' || node.health === 'critical') {
    const all = node.errorRatio >= 1 && node.healthReason.startsWith('not reached');
    return {
      rate,
      detail: all ? 'not reached' : `${formatPercent(node.errorRatio)} err`,
      isBad: true,
    };
  }
  const latency = node.p99Ns ?? node.p95Ns;
  return { rate, detail: latency === undefined ? '' : formatLatency(latency), isBad: false };
}

/** Of users only what they ask of others is known. */
export function speakUsers(outgoingPerSecond: number): string {
  return `users, make ${speakRate(outgoingPerSecond)}`;
}

/** The whole node in one sentence, for those who cannot see it. */
export function speakNode(node: ServiceNode): string {
  const worst = worstVerdict(node.clients);
  return [
    node.name,
    healthWord(node.health),
    node.healthReason,
    node.instances > 1 ? formatPlural(node.instances, 'instance') : '',
    speakRate(node.requestsPerSecond),
    worst === undefined ? '' : `configuration: ${verdictLook(worst).word.toLowerCase()}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

export function speakRate(perSecond: number): string {
  return `${formatRate(perSecond).replace('/s', '')} calls per second`;
}

function kindWord(kind: ServiceNode['kind']): string {
  switch (kind) {
    case 'database':
      return 'Database';
    case 'messaging':
      return 'Messaging';
    case 'address':
      return 'External host';
    case 'users':
    case 'service':
      return '';
  }
}
