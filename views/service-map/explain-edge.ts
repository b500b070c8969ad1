import { missingNames } from '#analysis/control-plane/judge-client.ts';
import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import { mainMode } from '#analysis/service-map/count-modes.ts';
import type { Health, ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import { isMesh } from '#telemetry/routing-mode.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { verdictLook } from '#views/control-plane/verdict-look.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { nodeName } from './describe-edge.ts';

/** What one party says about an edge. */
export interface Statement {
  readonly who: string;
  readonly says: string;
  readonly detail: string;
  readonly health: Health;
}

/** Caller, control plane, callee and DNS, each in its own words. */
export function whoSaysWhat(edge: ServiceEdge, map: ServiceMap): readonly Statement[] {
  return [callerSays(edge), ...controlPlaneSays(edge, map), calleeSays(edge, map), ...dnsSays(map)];
}

/** The caller suffers while another party says that all is well. */
export function doTheyDisagree(statements: readonly Statement[]): boolean {
  const [caller, ...others] = statements;
  const suffers = caller?.health === 'critical' || caller?.health === 'degraded';
  return suffers && others.some((statement) => statement.health === 'ok');
}

function callerSays(edge: ServiceEdge): Statement {
  const who = `${nodeName(edge.client)} (caller)`;
  const none = callsBy(edge, (mode) => mode === 'xds-none');
  const took = edge.p50Ns === undefined ? '' : `after ${formatLatency(edge.p50Ns)}`;
  if (edge.calls === 0) return { who, says: 'makes no calls', detail: '', health: 'unknown' };
  if (none > 0) {
    return {
      who,
      says: 'no address',
      detail: `${formatPercent(none / edge.calls)} of its calls end ${took}, before the network`,
      health: 'critical',
    };
  }
  if (edge.errorRatio >= 0.01) {
    const says = `${formatPercent(edge.errorRatio)} fail`;
    return { who, says, detail: took, health: edge.health };
  }
  const p99 = edge.p99Ns === undefined ? '' : `p99 ${formatLatency(edge.p99Ns)}`;
  return { who, says: 'reaches it', detail: p99, health: 'ok' };
}

function controlPlaneSays(edge: ServiceEdge, map: ServiceMap): readonly Statement[] {
  const { server, clients, state } = map.controlPlane;
  const own = clientsFor(edge, clients);
  if (state === 'none' || own.length === 0) return [];
  const who = server.service ?? 'control plane';
  if (server.silentSinceUnixNano !== undefined) {
    const last = server.version === undefined ? '' : `last known ${versionWord(server.version)}`;
    return [{ who, says: 'silent', detail: last, health: 'unknown' }];
  }
  const worst = own.find((client) => client.verdict !== 'in-sync');
  const acked = own.flatMap(
    (client) => client.types.CDS?.acked ?? client.types.LDS?.acked ?? [],
  )[0];
  const says = acked === undefined ? 'no word' : `${versionWord(acked)} acknowledged`;
  const detail =
    worst === undefined
      ? `${own.map((client) => client.id).join(', ')} in sync`
      : `${worst.id}: ${verdictLook(worst.verdict).word.toLowerCase()}, ${worst.reason}`;
  return [
    {
      who,
      says,
      detail,
      health: server.nacks > 0 && worst?.verdict === 'rejected' ? 'degraded' : 'ok',
    },
  ];
}

/** The caller's clients that route this edge, as far as it can be told: those that miss its name or have it as target. */
export function clientsFor(edge: ServiceEdge, clients: readonly XdsClient[]): readonly XdsClient[] {
  const own = clients.filter((client) => client.service === edge.client);
  const asking = own.filter(
    (client) =>
      client.target?.includes(edge.server) === true || missingNames(client).includes(edge.server),
  );
  return asking.length > 0 ? asking : own;
}

function calleeSays(edge: ServiceEdge, map: ServiceMap): Statement {
  const node = map.nodes.find((candidate) => candidate.id === edge.server);
  const who = `${nodeName(edge.server)} (callee)`;
  const arriving =
    edge.calls === 0
      ? 0
      : (edge.callsPerSecond * (edge.calls - callsBy(edge, (mode) => mode === 'xds-none'))) /
        edge.calls;
  const detail = `${formatRate(arriving)} of this edge arrive`;
  if (node === undefined || node.kind !== 'service') {
    return { who, says: 'sends no telemetry', detail, health: 'unknown' };
  }
  const says =
    node.instances > 0 ? `${formatPlural(node.instances, 'instance')} up` : 'not seen lately';
  return { who, says, detail, health: node.instances > 0 ? 'ok' : 'unknown' };
}

function dnsSays(map: ServiceMap): readonly Statement[] {
  if (map.dns === undefined) return [];
  const { service, names, queriesPerSecond, failuresPerSecond } = map.dns;
  const isFailing = failuresPerSecond > 0;
  return [
    {
      who: service,
      says: isFailing ? `${formatRate(failuresPerSecond)} fail` : 'answers',
      detail: `${formatPlural(names, 'name')}, ${formatRate(queriesPerSecond)} queries`,
      health: isFailing ? 'degraded' : 'ok',
    },
  ];
}

/** What the failures of an edge mean, in a sentence or two; undefined while it does not fail. */
export function explainFailure(
  edge: ServiceEdge,
  map: ServiceMap,
): { readonly signature: string; readonly meaning: string } | undefined {
  const callee = nodeName(edge.server);
  const failed = (isMode: (mode: ServiceEdge['byMode'][number]['mode']) => boolean) =>
    edge.byMode.reduce((sum, count) => (isMode(count.mode) ? sum + count.errors : sum), 0);
  if (edge.errors === 0) return undefined;
  if (failed((mode) => mode === 'xds-none') * 2 >= edge.errors) {
    return explainNoConfig(edge, map);
  }
  if (failed((mode) => mode === 'xds-cached') * 2 >= edge.errors) {
    return {
      signature: 'failing on cached configuration',
      meaning: `The stream is lost and the last known addresses still route. Some of them are no longer ${callee}.`,
    };
  }
  if (failed((mode) => mode === 'dns') * 2 >= edge.errors) {
    return {
      signature: 'failing after DNS',
      meaning: `DNS gave an address, and the call failed there: ${callee} itself fails, or the record is old.`,
    };
  }
  return {
    signature: 'failing at the callee',
    meaning: `${callee} was found, and the calls failed there. Look at its own calls next.`,
  };
}

function explainNoConfig(
  edge: ServiceEdge,
  map: ServiceMap,
): { signature: string; meaning: string } {
  const callee = nodeName(edge.server);
  const stuck = map.controlPlane.clients.find(
    (client) => client.service === edge.client && client.verdict === 'stuck',
  );
  if (stuck !== undefined) {
    return {
      signature: 'no_mapping, though the name is back',
      meaning: `${stuck.id} acknowledged ${callee} again and does not take it up. A new channel or a changed resource frees it; sending the same again does not.`,
    };
  }
  return {
    signature: 'no_mapping: no address for the name',
    meaning: `The mesh has no address for ${callee} any more, and the client obeys. The service itself may well be up: it is not asked.`,
  };
}

/** A way out that the map knows of; undefined when there is none to offer. */
export function wayOut(edge: ServiceEdge, map: ServiceMap): string | undefined {
  const lost = callsBy(edge, (mode) => mode === 'xds-none');
  if (lost === 0 || map.dns === undefined) return undefined;
  const others = map.edges.filter(
    (other) => other.id !== edge.id && mainMode(other.byMode) === 'dns' && other.errorRatio < 0.01,
  );
  const seen =
    others.length === 0
      ? ''
      : ` ${formatPlural(others.length, 'edge')} went that way and recovered.`;
  return `Find ${nodeName(edge.server)} by DNS: it answers.${seen}`;
}

/** How sure the split by mode is, and from what it is read. */
export function modeEvidence(edge: ServiceEdge): string {
  const unknown = callsBy(edge, (mode) => mode === 'unknown');
  if (edge.calls === 0) return 'no calls in this window';
  if (unknown === edge.calls) return 'no span says how its callee was found';
  const stated = `${formatPercent(1 - unknown / edge.calls)} of ${formatPlural(edge.calls, 'call')} say it`;
  return isMesh(mainMode(edge.byMode) ?? 'unknown')
    ? `${stated}, by mesh.routing.* or grpc.target`
    : `${stated}, in their spans`;
}

function callsBy(
  edge: ServiceEdge,
  matches: (mode: ServiceEdge['byMode'][number]['mode']) => boolean,
): number {
  return edge.byMode.reduce((sum, count) => (matches(count.mode) ? sum + count.calls : sum), 0);
}
