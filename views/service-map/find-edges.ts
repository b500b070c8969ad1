import type { ServiceEdge, ServiceMap, ServiceNode } from '#analysis/service-map/service-map.ts';
import { isMesh, ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';

/**
 * The language of the find bar. Clauses beside each other must all hold, `or` separates alternatives, `-` before a clause
 * turns it round:
 *
 *   mode:dns errors>1%        from:gateway or to:image        -health:ok        p99>50ms rate>=10 changed
 *
 * A bare word is a part of either service's name.
 */
export type Find =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly edges: ReadonlySet<string> }
  | { readonly kind: 'wrong'; readonly clause: string; readonly hint: string };

type Test = (edge: ServiceEdge, map: ServiceMap) => boolean;
type Clause = Test | { readonly hint: string };

const WORDS = ['changed', 'failing'] as const;
const KEYS = ['mode:', 'health:', 'config:', 'service:', 'from:', 'to:'] as const;
const METRICS = ['errors', 'rate', 'p50', 'p95', 'p99'] as const;
const MODE_WORDS: Readonly<Record<string, (mode: RoutingMode) => boolean>> = {
  mesh: (mode) => isMesh(mode),
  live: (mode) => mode === 'xds-live',
  cached: (mode) => mode === 'xds-cached',
  none: (mode) => mode === 'xds-none',
};
const HEALTH_WORDS = ['bad', 'ok', 'degraded', 'critical', 'unknown'];
const CONFIG_WORDS = ['bad', 'ok'];

export function findEdges(text: string, map: ServiceMap): Find {
  const alternatives: Test[][] = [[]];
  for (const word of text.trim().split(/\s+/)) {
    if (word === '' || word.toLowerCase() === 'and') continue;
    if (word.toLowerCase() === 'or') {
      alternatives.push([]);
      continue;
    }
    const clause = parseClause(word);
    if (typeof clause !== 'function') return { kind: 'wrong', clause: word, hint: clause.hint };
    alternatives.at(-1)?.push(clause);
  }
  const stated = alternatives.filter((tests) => tests.length > 0);
  if (stated.length === 0) return { kind: 'all' };
  const edges = map.edges.filter((edge) =>
    stated.some((tests) => tests.every((test) => test(edge, map))),
  );
  return { kind: 'some', edges: new Set(edges.map((edge) => edge.id)) };
}

/** What may stand where the last word of `text` is being typed; each as the whole new text. */
export function completeFind(text: string, map: ServiceMap): readonly string[] {
  const start = text.search(/\S*$/);
  const typed = text.slice(start);
  const sign = typed.startsWith('-') ? '-' : '';
  const word = typed.slice(sign.length).toLowerCase();
  return valuesFor(word, map)
    .filter((value) => value.toLowerCase().startsWith(word) && value.toLowerCase() !== word)
    .slice(0, 8)
    .map((value) => `${text.slice(0, start)}${sign}${value}`);
}

function valuesFor(word: string, map: ServiceMap): readonly string[] {
  const colon = word.indexOf(':');
  if (colon < 0) return [...WORDS, ...KEYS, ...METRICS.map((metric) => `${metric}>`)];
  const key = word.slice(0, colon + 1);
  const names = map.nodes.map((node) => node.id);
  const values: Readonly<Record<string, readonly string[]>> = {
    'mode:': [...Object.keys(MODE_WORDS), ...ROUTING_MODES],
    'health:': HEALTH_WORDS,
    'config:': CONFIG_WORDS,
    'service:': names,
    'from:': names,
    'to:': names,
  };
  return (values[key] ?? []).map((value) => `${key}${value}`);
}

function parseClause(word: string): Clause {
  if (!word.startsWith('-') || word.length === 1) return parsePlain(word);
  const inner = parsePlain(word.slice(1));
  return typeof inner === 'function' ? (edge, map) => !inner(edge, map) : inner;
}

function parsePlain(word: string): Clause {
  const compared = /^([a-z0-9]+)(>=|<=|>|<)(.*)$/i.exec(word);
  if (compared !== null)
    return parseCompared(compared[1] ?? '', compared[2] ?? '', compared[3] ?? '');
  const keyed = /^([a-z]+):(.*)$/i.exec(word);
  if (keyed !== null) return parseKeyed((keyed[1] ?? '').toLowerCase(), keyed[2] ?? '');
  if (word === 'changed') return (edge) => edge.usualMode !== undefined;
  if (word === 'failing') return (edge) => edge.errors > 0;
  const part = word.toLowerCase();
  return (edge) =>
    edge.client.toLowerCase().includes(part) || edge.server.toLowerCase().includes(part);
}

function parseKeyed(key: string, value: string): Clause {
  switch (key) {
    case 'mode':
      return parseMode(value);
    case 'health':
      return HEALTH_WORDS.includes(value)
        ? (edge) => (value === 'bad' ? isBad(edge.health) : edge.health === value)
        : { hint: `health is one of ${HEALTH_WORDS.join(', ')}` };
    case 'config':
      return CONFIG_WORDS.includes(value)
        ? (edge, map) => hasConfigTrouble(edge, map) === (value === 'bad')
        : { hint: `config is one of ${CONFIG_WORDS.join(', ')}` };
    case 'service':
      return (edge) => edge.client === value || edge.server === value;
    case 'from':
      return (edge) => edge.client === value;
    case 'to':
      return (edge) => edge.server === value;
    default:
      return { hint: `known are ${KEYS.join(' ')}` };
  }
}

function parseMode(value: string): Clause {
  const matches =
    MODE_WORDS[value] ??
    (ROUTING_MODES.some((mode) => mode === value)
      ? (mode: RoutingMode) => mode === value
      : undefined);
  if (matches === undefined) {
    return { hint: `mode is one of ${[...Object.keys(MODE_WORDS), ...ROUTING_MODES].join(', ')}` };
  }
  return (edge) => edge.byMode.some((count) => count.calls > 0 && matches(count.mode));
}

function parseCompared(metric: string, operator: string, text: string): Clause {
  const number = Number.parseFloat(text);
  if (!METRICS.some((known) => known === metric))
    return { hint: `known are ${METRICS.join(', ')}` };
  if (!Number.isFinite(number)) return { hint: 'a number is missing, e.g. errors>1% or p99>50ms' };
  const limit = text.endsWith('s') && !text.endsWith('ms') ? number * 1000 : number;
  return (edge) => {
    const value = metricOf(edge, metric);
    return value !== undefined && holds(value, operator, limit);
  };
}

/** Errors in per cent, latencies in ms, rate in calls per second. */
function metricOf(edge: ServiceEdge, metric: string): number | undefined {
  const ms = (ns: number | undefined) => (ns === undefined ? undefined : ns / 1e6);
  switch (metric) {
    case 'errors':
      return edge.errorRatio * 100;
    case 'rate':
      return edge.callsPerSecond;
    case 'p50':
      return ms(edge.p50Ns);
    case 'p95':
      return ms(edge.p95Ns);
    default:
      return ms(edge.p99Ns);
  }
}

function holds(value: number, operator: string, limit: number): boolean {
  switch (operator) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    default:
      return value <= limit;
  }
}

export function isBad(health: ServiceEdge['health']): boolean {
  return health === 'degraded' || health === 'critical';
}

/** Either end has an xDS client that is not in sync. */
function hasConfigTrouble(edge: ServiceEdge, map: ServiceMap): boolean {
  return map.nodes.some(
    (node) => (node.id === edge.client || node.id === edge.server) && hasTroubledClient(node),
  );
}

export function hasTroubledClient(node: ServiceNode): boolean {
  return node.clients.some((client) => client.verdict !== 'in-sync');
}
