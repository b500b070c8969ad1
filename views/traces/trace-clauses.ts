import { ROUTING_MODES } from '#telemetry/routing-mode.ts';

/** One condition of a search: `service=gateway`, `duration>250ms`, `http.route=/v1/home`. */
export interface Clause {
  readonly key: string;
  readonly operator: '=' | '>' | '<';
  readonly value: string;
}

/** Keys that are columns of their own; every other key is an attribute. */
export const CLAUSE_KEYS = ['service', 'operation', 'status', 'mode', 'duration'] as const;

export interface ParsedClauses {
  readonly clauses: readonly Clause[];
  /** What could not be read, in words; undefined when all was. */
  readonly problem?: string;
}

/** `key=value key>value …`; a value with spaces stands in double quotes, "and" between clauses is allowed. */
export function parseClauses(text: string): ParsedClauses {
  const clauses: Clause[] = [];
  for (const token of tokensOf(text)) {
    if (token.toLowerCase() === 'and') continue;
    const clause = parseClause(token);
    if (clause === undefined) {
      return { clauses, problem: `“${token}” is not a condition: write key=value` };
    }
    const problem = problemOf(clause);
    if (problem !== undefined) return { clauses, problem };
    clauses.push(clause);
  }
  return { clauses };
}

/** Cut at spaces that are not inside quotes. */
function tokensOf(text: string): readonly string[] {
  return text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

function parseClause(token: string): Clause | undefined {
  const match = /^([^=<>"\s]+)\s*(>=|<=|=|>|<)(.*)$/s.exec(token);
  const [, key, operator, value] = match ?? [];
  if (key === undefined || operator === undefined || value === undefined) return undefined;
  const plain = value.replace(/^"|"$/g, '');
  if (plain === '') return undefined;
  return {
    key: CLAUSE_NAMES[key] ?? key,
    operator: operator.charAt(0) as '=' | '>' | '<',
    value: plain,
  };
}

/** Names that people try. */
const CLAUSE_NAMES: Readonly<Record<string, string>> = {
  'service.name': 'service',
  name: 'operation',
  op: 'operation',
  'hop.mode': 'mode',
  routing: 'mode',
};

const STATUSES = ['error', 'ok', 'unset'];

function problemOf({ key, operator, value }: Clause): string | undefined {
  if (key === 'duration') {
    if (operator === '=') return 'duration is compared with > or <';
    return parseDurationNs(value) === undefined
      ? `“${value}” is not a duration: write 250ms, 1.5s or 2m`
      : undefined;
  }
  if (operator !== '=') return `only duration is compared with ${operator}`;
  if (key === 'status' && !STATUSES.includes(value)) return 'status is error, ok or unset';
  if (key === 'mode' && !ROUTING_MODES.some((mode) => mode === value)) {
    return `mode is one of ${ROUTING_MODES.join(', ')}`;
  }
  return undefined;
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
};

/** "250ms", "1.5s"; a bare number is milliseconds. undefined for anything else. */
export function parseDurationNs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|min|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  const factor = UNIT_NS[match[2] ?? 'ms'];
  return factor === undefined ? undefined : Math.round(Number(match[1]) * factor);
}

/** The shortest exact form, for the query bar. */
export function durationText(ns: number): string {
  const unit = ['s', 'ms', 'us'].find((name) => {
    const value = ns / (UNIT_NS[name] ?? 1);
    return value >= 1 && Number.isInteger(value * 1000);
  });
  return unit === undefined ? `${Math.round(ns)}ns` : `${ns / (UNIT_NS[unit] ?? 1)}${unit}`;
}

export function clauseText({ key, operator, value }: Clause): string {
  return `${key}${operator}${/\s/.test(value) ? `"${value}"` : value}`;
}

export function clausesText(clauses: readonly Clause[]): string {
  return clauses.map(clauseText).join(' ');
}
