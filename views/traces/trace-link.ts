import { isColumnKey } from '#views/traces/complete-clause.ts';
import { type Clause, durationText, parseDurationNs } from '#views/traces/trace-clauses.ts';

/** The time that a search looks at: up to now, or fixed (decimal nanoseconds or RFC 3339, as the address has them). */
export type TraceRange =
  | { readonly kind: 'last'; readonly last: string }
  | { readonly kind: 'fixed'; readonly from: string; readonly to: string };

export interface TracesLink {
  readonly clauses: readonly Clause[];
  readonly range: TraceRange;
  /** Detour's own requests, too. */
  readonly withOwn?: boolean;
}

type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

export const DEFAULT_LAST = '15m';

/** The address of a search; the same parameters as /api/v1/traces. */
export function tracesHref({ clauses, range, withOwn }: TracesLink): string {
  const params = paramsOfClauses(clauses);
  if (range.kind === 'fixed') {
    params.set('from', range.from);
    params.set('to', range.to);
  } else if (range.last !== DEFAULT_LAST) {
    params.set('last', range.last);
  }
  if (withOwn) params.set('own', 'show');
  const query = params.toString();
  return query === '' ? '/traces' : `/traces?${query}`;
}

function paramsOfClauses(clauses: readonly Clause[]): URLSearchParams {
  const params = new URLSearchParams();
  for (const { key, operator, value } of clauses) {
    if (key === 'duration') {
      params.set(operator === '<' ? 'maxDuration' : 'minDuration', shortDuration(value));
    } else if (isColumnKey(key)) params.set(key, value);
    else params.append('attribute', `${key}=${value}`);
  }
  return params;
}

/** What an address asks for; values that mean nothing are kept, so that they are shown and not lost. */
export function parseTracesLink(params: Params): TracesLink {
  const clauses: Clause[] = [];
  for (const key of ['service', 'operation', 'status', 'mode']) {
    for (const value of valuesOf(params[key])) clauses.push({ key, operator: '=', value });
  }
  for (const [name, operator] of [
    ['minDuration', '>'],
    ['maxDuration', '<'],
  ] as const) {
    for (const value of valuesOf(params[name])) {
      clauses.push({ key: 'duration', operator, value: shortDuration(value) });
    }
  }
  for (const pair of valuesOf(params['attribute'])) {
    const cut = pair.indexOf('=');
    if (cut > 0)
      clauses.push({ key: pair.slice(0, cut), operator: '=', value: pair.slice(cut + 1) });
  }
  const withOwn = valuesOf(params['own']).includes('show');
  return { clauses, range: rangeOf(params), ...(withOwn && { withOwn }) };
}

function shortDuration(text: string): string {
  const ns = parseDurationNs(text);
  return ns === undefined ? text : durationText(ns);
}

function rangeOf(params: Params): TraceRange {
  const [from] = valuesOf(params['from']);
  const [to] = valuesOf(params['to']);
  if (from !== undefined && to !== undefined) return { kind: 'fixed', from, to };
  return { kind: 'last', last: valuesOf(params['last'])[0] ?? DEFAULT_LAST };
}

function valuesOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? (value === '' ? [] : [value]) : value;
}

/** `clauses` with one key set anew, or taken away. */
export function withClause(
  clauses: readonly Clause[],
  key: string,
  operator: Clause['operator'],
  value: string | undefined,
): readonly Clause[] {
  const others = clauses.filter((clause) => clause.key !== key || clause.operator !== operator);
  return value === undefined ? others : [...others, { key, operator, value }];
}
