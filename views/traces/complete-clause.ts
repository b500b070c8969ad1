import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';
import { CLAUSE_KEYS } from '#views/traces/trace-clauses.ts';

export interface Completion {
  /** The whole word as it will stand in the query. */
  readonly text: string;
  readonly label: string;
  readonly explanation: string;
  /** Draws the mark of the mode before the label. */
  readonly mode?: RoutingMode;
  /** Of the traces shown, those that would match; 0..1. */
  readonly share?: number;
}

/** What completions are made from. */
export interface KnownValues {
  readonly services: readonly string[];
  readonly operations: readonly string[];
  /** Share of the traces shown that have a hop of the mode. */
  readonly modeShares: Readonly<Partial<Record<RoutingMode, number>>>;
}

const KEY_WORDS: Readonly<Record<string, string>> = {
  service: 'who reported the span',
  operation: 'name of the span',
  status: 'error, ok or unset',
  mode: 'how a hop found its callee',
  duration: 'longer > or shorter < than',
  'error.type': 'why a call failed',
  'http.route': 'path pattern',
  'http.response.status_code': 'answer of the server',
  'service.peer.name': 'who was called',
  'network.peer.address': 'address that was tried',
  'mesh.xds.eds_version': 'configuration that routed',
};

const ERROR_TYPES: Readonly<Record<string, string>> = {
  no_mapping: 'the mesh had no entry for the name',
  empty_endpoints: 'the entry had no address',
  connect_refused: 'nobody listened at the address',
  deadline: 'no answer in time',
  upstream_5xx: 'the callee failed',
  dns_nxdomain: 'no such name',
  dns_servfail: 'the name server failed',
  dns_timeout: 'the name server was silent',
};

const STATUS_WORDS: Readonly<Record<string, string>> = {
  error: 'the span says it failed',
  ok: 'the span says it went well',
  unset: 'the span does not say',
};

const DURATIONS = ['10ms', '50ms', '250ms', '1s', '5s'];
const MAX_COMPLETIONS = 6;

/** Where the word that is being typed begins and ends. */
export function wordAt(
  text: string,
  caret: number,
): { readonly from: number; readonly to: number } {
  let from = caret;
  while (from > 0 && !/\s/.test(text[from - 1] ?? ' ')) from--;
  let to = caret;
  while (to < text.length && !/\s/.test(text[to] ?? ' ')) to++;
  return { from, to };
}

/** Ways to go on with the word at the caret, best first. */
export function completeClause(word: string, known: KnownValues): readonly Completion[] {
  const match = /^([^=<>]+)(=|>|<)(.*)$/s.exec(word);
  const [, key, operator, typed] = match ?? [];
  const all =
    key === undefined || operator === undefined
      ? keyCompletions()
      : valueCompletions(key, operator, known);
  const needle = (typed ?? word).replaceAll('"', '').toLowerCase();
  const fits = (completion: Completion) => completion.label.toLowerCase().includes(needle);
  const begins = (completion: Completion) =>
    completion.label.toLowerCase().startsWith(needle) ? 0 : 1;
  return all
    .filter((completion) => fits(completion) && completion.text !== word)
    .sort((a, b) => begins(a) - begins(b))
    .slice(0, MAX_COMPLETIONS);
}

/** `text` with the word at the caret replaced; a finished condition is followed by a space. */
export function applyCompletion(
  text: string,
  caret: number,
  completion: Completion,
): { readonly text: string; readonly caret: number } {
  const { from, to } = wordAt(text, caret);
  const ends = /[=<>]$/.test(completion.text) ? '' : ' ';
  const before = text.slice(0, from) + completion.text + ends;
  return { text: before + text.slice(to).trimStart(), caret: before.length };
}

function keyCompletions(): readonly Completion[] {
  return Object.entries(KEY_WORDS).map(([key, explanation]) => ({
    text: key === 'duration' ? 'duration>' : `${key}=`,
    label: key,
    explanation,
  }));
}

function valueCompletions(
  key: string,
  operator: string,
  known: KnownValues,
): readonly Completion[] {
  const words = (values: readonly string[], explanation: string) =>
    values.map((value) => ({
      text: `${key}${operator}${/\s/.test(value) ? `"${value}"` : value}`,
      label: value,
      explanation,
    }));
  const explained = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([label, explanation]) => ({
      text: `${key}=${label}`,
      label,
      explanation,
    }));
  switch (key) {
    case 'service':
    case 'service.peer.name':
      return words(known.services, 'service');
    case 'operation':
      return words(known.operations, 'operation');
    case 'status':
      return explained(STATUS_WORDS);
    case 'error.type':
      return explained(ERROR_TYPES);
    case 'duration':
      return words(DURATIONS, operator === '<' ? 'shorter' : 'longer');
    case 'mode':
      return MODE_ORDER.map((mode) => modeCompletion(mode, known));
    default:
      return [];
  }
}

function modeCompletion(mode: RoutingMode, known: KnownValues): Completion {
  return {
    text: `mode=${mode}`,
    label: mode,
    explanation: routingLook(mode).explanation,
    mode,
    share: known.modeShares[mode] ?? 0,
  };
}

/** True for keys that the search knows as columns. */
export function isColumnKey(key: string): boolean {
  return CLAUSE_KEYS.some((known) => known === key);
}
