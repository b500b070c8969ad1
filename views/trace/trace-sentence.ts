import { NS_PER_MS } from '#telemetry/time.ts';
import { formatPercent, formatPlural } from '#views/format/format-number.ts';
import { formatAge, formatDuration } from '#views/format/format-time.ts';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { pathParts, pathShares } from '#views/trace/path-shares.ts';
import { calleeAt, whoAt } from '#views/trace/row-label.ts';
import {
  childRows,
  endNsAt,
  hasFlag,
  isFailed,
  modeAt,
  ROW_LOOKUP,
  ROW_MISSING,
  ROW_PROXY,
  type TraceColumns,
  textAt,
} from '#views/trace/trace-columns.ts';

/** A fact of the sentence; `row` holds its evidence. */
export interface SentencePart {
  readonly text: string;
  readonly strong: boolean;
  readonly row?: number;
}

/** What happened in this trace, from its facts alone: a template, never free text. */
export function traceSentence(columns: TraceColumns, folds: HopFolds): readonly SentencePart[] {
  const origin = originError(columns);
  const facts =
    origin === undefined
      ? [answered(columns)]
      : [...failure(columns, folds, origin), ...retries(columns, folds, origin)];
  return [...facts, ...slowLookup(columns), ...longest(columns, folds, origin)];
}

/** The failed span that failed first and has no failed span below it; undefined when nothing failed. */
export function originError(columns: TraceColumns): number | undefined {
  let origin: number | undefined;
  let coveredUntil = columns.rows;
  for (let row = columns.rows - 1; row >= 0; row--) {
    if (!isFailed(columns, row)) continue;
    const failedBelow = coveredUntil < (columns.subtreeEnd[row] ?? 0) && coveredUntil > row;
    coveredUntil = row;
    if (failedBelow) continue;
    if (origin === undefined || endNsAt(columns, row) <= endNsAt(columns, origin)) origin = row;
  }
  return origin;
}

/** The hop that a row belongs to: itself, the one it is folded into, or the one it is an attempt of. */
function hopOf(columns: TraceColumns, folds: HopFolds, row: number): number | undefined {
  const into = folds.into[row] ?? -1;
  if (into >= 0) return into;
  if ((folds.attempt[row] ?? 0) > 0) {
    const outbound = columns.parent[row] ?? -1;
    return folds.into[outbound] ?? undefined;
  }
  return (folds.routedBy[row] ?? -1) >= 0 ? row : undefined;
}

function answered(columns: TraceColumns): SentencePart {
  const root = firstRow(columns);
  const what = `${textAt(columns, columns.service, root)} answered ${textAt(columns, columns.name, root)}`;
  return {
    text: `${what} in ${formatDuration(columns.durationNs)}.`,
    strong: true,
    row: root,
  };
}

/** The first row of a span that arrived. */
export function firstRow(columns: TraceColumns): number {
  let row = 0;
  while (row < columns.rows - 1 && hasFlag(columns, row, ROW_MISSING)) row++;
  return row;
}

function failure(columns: TraceColumns, folds: HopFolds, origin: number): readonly SentencePart[] {
  const hop = hopOf(columns, folds, origin);
  const callee = hop === undefined ? '' : calleeAt(columns, folds, hop);
  // Nothing says who was called where only the caller's span arrived and names no peer.
  if (hop === undefined || callee === '') {
    const why =
      textAt(columns, columns.answer, origin) || textAt(columns, columns.errorType, origin);
    const what = `${whoAt(columns, origin)} failed in ${textAt(columns, columns.name, origin)}`;
    return [{ text: why === '' ? `${what}.` : `${what}: ${why}.`, strong: true, row: origin }];
  }
  const caller = textAt(columns, columns.service, hop);
  const by = (folds.attempt[origin] ?? 0) > 0 ? origin : (folds.routedBy[hop] ?? hop);
  const opening = isUnreached(columns, by)
    ? `${caller} could not reach ${callee}`
    : `${callee} failed ${caller}`;
  return [{ text: `${opening}: ${causeOf(columns, callee, by)}.`, strong: true, row: origin }];
}

const UNREACHED: ReadonlySet<string> = new Set([
  'no_mapping',
  'empty_endpoints',
  'connect_refused',
  'dns_nxdomain',
  'dns_servfail',
  'dns_timeout',
]);

function isUnreached(columns: TraceColumns, row: number): boolean {
  return (
    UNREACHED.has(textAt(columns, columns.errorType, row)) || modeAt(columns, row) === 'xds-none'
  );
}

/** Why a hop failed, from `error.type`, the routing mode, and what the caller held. */
function causeOf(columns: TraceColumns, callee: string, row: number): string {
  const error = textAt(columns, columns.errorType, row);
  switch (error) {
    case 'no_mapping':
      return noAddress(columns, callee, row);
    case 'empty_endpoints':
      return `${configWords(columns, row) || 'its configuration'} names no endpoint of ${callee}`;
    case 'connect_refused':
      return refused(columns, row);
    case 'dns_nxdomain':
      return 'DNS knows no such name';
    case 'dns_servfail':
      return 'DNS answered SERVFAIL';
    case 'dns_timeout':
      return 'DNS did not answer';
    case 'deadline':
      return `no answer within ${formatDuration(columns.lengthNs[row] ?? 0)}`;
    default:
      if (modeAt(columns, row) === 'xds-none') return noAddress(columns, callee, row);
      return `it answered ${textAt(columns, columns.answer, row) || error || 'with an error'}`;
  }
}

function noAddress(columns: TraceColumns, callee: string, row: number): string {
  const holder = hasFlag(columns, row, ROW_PROXY) ? 'its sidecar' : 'its client';
  const config = configWords(columns, row);
  return config === ''
    ? `${holder} held no address for ${callee}`
    : `${holder} held no address for ${callee} in ${config}`;
}

function refused(columns: TraceColumns, row: number): string {
  const address = textAt(columns, columns.address, row) || 'the address';
  const config = configWords(columns, row);
  switch (modeAt(columns, row)) {
    case 'xds-cached':
      return `its sidecar still used ${address}${config === '' ? '' : ` from ${config}`}, and nobody listens there`;
    case 'dns':
      return `${address}, resolved by DNS, refused the connection`;
    default:
      return `${address}${config === '' ? '' : `, from ${config},`} refused the connection`;
  }
}

/** "config v41, 37m 15s old", or '' when the span does not say. */
function configWords(columns: TraceColumns, row: number): string {
  const version = textAt(columns, columns.version, row);
  const ageMs = columns.configAgeMs[row] ?? -1;
  if (version === '') return '';
  return ageMs < 0 ? `config ${version}` : `config ${version}, ${formatAge(ageMs * NS_PER_MS)} old`;
}

const NUMBERS: readonly string[] = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six'];

function retries(columns: TraceColumns, folds: HopFolds, origin: number): readonly SentencePart[] {
  const tries = triesBeside(columns, folds, origin);
  if (tries.length < 2) return [];
  const failed = tries.filter((row) => isFailed(columns, row)).length;
  const waitedNs = folds.waits
    .filter((wait) => tries.includes(wait.afterRow))
    .reduce((sum, wait) => sum + wait.lengthNs, 0);
  const count = NUMBERS[failed] ?? failed;
  const words =
    failed === tries.length
      ? `${count} attempts failed`
      : `${count} of ${tries.length} attempts failed`;
  const waited = `and waiting between them took ${formatDuration(waitedNs)} of ${formatDuration(columns.durationNs)}`;
  const text = waitedNs === 0 ? `${words}.` : `${words}, ${waited}.`;
  return [{ text, strong: false, row: tries[0] ?? origin }];
}

/** All attempts of the call that `attempt` is one of. */
function triesBeside(columns: TraceColumns, folds: HopFolds, attempt: number): readonly number[] {
  const outbound = columns.parent[attempt] ?? -1;
  if (outbound < 0) return [];
  return childRows(columns, outbound).filter((row) => (folds.attempt[row] ?? 0) > 0);
}

/** A lookup is worth a word from this share of the trace on. */
const SLOW_LOOKUP_SHARE = 0.1;

function slowLookup(columns: TraceColumns): readonly SentencePart[] {
  let slowest = -1;
  for (let row = 0; row < columns.rows; row++) {
    if (!hasFlag(columns, row, ROW_LOOKUP)) continue;
    if (slowest < 0 || (columns.lengthNs[row] ?? 0) > (columns.lengthNs[slowest] ?? 0))
      slowest = row;
  }
  const lengthNs = slowest < 0 ? 0 : (columns.lengthNs[slowest] ?? 0);
  if (lengthNs < columns.durationNs * SLOW_LOOKUP_SHARE || lengthNs === 0) return [];
  const name = textAt(columns, columns.peer, slowest);
  return [
    { text: `Resolving ${name} took ${formatDuration(lengthNs)}.`, strong: false, row: slowest },
  ];
}

function longest(
  columns: TraceColumns,
  folds: HopFolds,
  origin: number | undefined,
): readonly SentencePart[] {
  const [most] = pathShares(pathParts(columns, folds));
  if (origin !== undefined || most === undefined || columns.rows < 3) return [];
  return [
    {
      text: `${formatPercent(most.share)} of its critical path was spent ${most.name === 'waiting' ? 'waiting' : `in ${most.name}`}.`,
      strong: false,
    },
  ];
}

/** "28 spans, 5 services, 6 hops". */
export function traceCounts(columns: TraceColumns, folds: HopFolds): string {
  const services = new Set<number>();
  let hops = 0;
  for (let row = 0; row < columns.rows; row++) {
    if (hasFlag(columns, row, ROW_MISSING)) continue;
    services.add(columns.service[row] ?? 0);
    if (isHopRow(folds, row)) hops++;
  }
  const spans = columns.rows - columns.missingParents;
  return `${formatPlural(spans, 'span')}, ${formatPlural(services.size, 'service')}, ${formatPlural(hops, 'hop')}`;
}

/** True for the rows that stand for one hop: attempts are parts of theirs. */
export function isHopRow(folds: HopFolds, row: number): boolean {
  return (folds.routedBy[row] ?? -1) >= 0 && folds.attempt[row] === 0;
}
