import {
  type ScanRules,
  type Split,
  scanBinomial,
  type Tally,
} from '#analysis/routing/binomial-scan.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { isOwnService } from '#analysis/service-map/own-service.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { isMesh } from '#telemetry/routing-mode.ts';
import { type UnixSecond, unixSecond } from '#telemetry/time.ts';

/** One caller that fails to get answers from one callee. */
export interface FailingEdge {
  /** `edgeId`. */
  readonly id: string;
  readonly client: string;
  readonly server: string;
  /** The first second of the failures, by the most likely split. */
  readonly sinceSecond: UnixSecond;
  /** Of the last few seconds. */
  readonly calls: number;
  readonly errors: number;
  /** Share of the errors that found no address by xDS, and of those by DNS. */
  readonly noConfigRatio: number;
  readonly dnsRatio: number;
}

/** Failures are looked for in this window; what lies before it is forgotten. */
export const FAILURE_WINDOW_SECONDS = 120;
/** "Now": short enough to see an end, long enough for an edge of one call a second. */
const RECENT_SECONDS = 5;
/** Errors in so many different seconds: one bad moment (a restart, a reset connection) is no incident. */
const PERSISTENCE_SECONDS = 3;
const MIN_ERRORS = 3;
const MIN_RECENT_RATIO = 0.1;
/** A callee that was never seen well: what fails from the first call on must do so for long. */
const UNKNOWN_BEFORE_SECONDS = 20;
/** Nats; every split of every edge is tried each second. */
const ALARM_GAIN = 6;
const RULES: ScanRules = {
  direction: 'rise',
  minTrialsBefore: 10,
  minTrialsAfter: 3,
  minChange: 0.1,
};
/** An edge that fails already goes on failing while this share of its calls does. */
const STILL_FAILING_RATIO = 0.05;

/**
 * Edges that fail at the end of `second`: those whose share of failed calls has risen above what it was, and those of
 * `failing` (ids, with their first second) that have not recovered. `recovered` failed in the same incident and stopped.
 * `edges` are those of the last `FAILURE_WINDOW_SECONDS`, any order.
 */
export function findFailures(
  edges: readonly CallEdgeSecond[],
  second: UnixSecond,
  failing: ReadonlyMap<string, UnixSecond>,
  recovered: ReadonlySet<string> = new Set(),
): readonly FailingEdge[] {
  const groups = new Map<string, CallEdgeSecond[]>();
  for (const edge of edges) {
    if (edge.second > second || isOwnService(edge.client) || isOwnService(edge.server)) continue;
    const group = groups.get(edgeId(edge));
    if (group === undefined) groups.set(edgeId(edge), [edge]);
    else group.push(edge);
  }
  return [...groups].flatMap(([id, rows]) => {
    const recent = rows.filter((row) => row.second > second - RECENT_SECONDS);
    const known = failing.get(id);
    const since =
      known === undefined
        ? beganToFail(rows, recent, second, recovered.has(id))
        : stillFails(recent)
          ? known
          : undefined;
    return since === undefined ? [] : [toFailingEdge(id, rows, recent, since)];
  });
}

function beganToFail(
  rows: readonly CallEdgeSecond[],
  recent: readonly CallEdgeSecond[],
  second: UnixSecond,
  hasRecovered: boolean,
): UnixSecond | undefined {
  const { calls, errors } = sum(recent);
  if (errors < MIN_ERRORS || errors < calls * MIN_RECENT_RATIO) return undefined;
  // Its own failures of a moment ago are no measure of what is normal.
  if (hasRecovered) return relapsed(toTallies(recent));
  const tallies = toTallies(rows);
  const split = scanBinomial(tallies, RULES);
  if (split !== undefined && split.gain >= ALARM_GAIN) {
    const after = tallies.slice(split.index);
    if (after.filter((tally) => tally.hits > 0).length < PERSISTENCE_SECONDS) return undefined;
    return firstErrorNear(tallies, split);
  }
  return failedFromTheStart(tallies, second);
}

function relapsed(
  recent: readonly (Tally & { readonly second: UnixSecond })[],
): UnixSecond | undefined {
  const failed = recent.filter((tally) => tally.hits > 0);
  return failed.length < PERSISTENCE_SECONDS ? undefined : failed[0]?.second;
}

/** The first of the errors that lead up to the split, as far back as it may lie: a second may be half well. */
function firstErrorNear(
  tallies: readonly (Tally & { readonly second: UnixSecond })[],
  split: Split,
): UnixSecond | undefined {
  let first = split.index;
  while (first > split.fromIndex && (tallies[first - 1]?.hits ?? 0) > 0) first--;
  return tallies[first]?.second;
}

function failedFromTheStart(
  tallies: readonly (Tally & { readonly second: UnixSecond })[],
  second: UnixSecond,
): UnixSecond | undefined {
  const first = tallies.find((tally) => tally.hits > 0);
  const { hits, trials } = tallies.reduce(
    (total, tally) => ({ hits: total.hits + tally.hits, trials: total.trials + tally.trials }),
    { hits: 0, trials: 0 },
  );
  const lasts = first !== undefined && second - first.second >= UNKNOWN_BEFORE_SECONDS;
  return lasts && hits * 2 >= trials ? first.second : undefined;
}

/** An edge without calls has not recovered: nobody has tried. It is forgotten with the failure window. */
function stillFails(recent: readonly CallEdgeSecond[]): boolean {
  const { calls, errors } = sum(recent);
  if (calls === 0) return true;
  return errors > 0 && errors >= calls * STILL_FAILING_RATIO;
}

function toFailingEdge(
  id: string,
  rows: readonly CallEdgeSecond[],
  lately: readonly CallEdgeSecond[],
  sinceSecond: UnixSecond,
): FailingEdge {
  // At its very begin most of the recent seconds were still well.
  const recent = lately.filter((row) => row.second >= sinceSecond);
  const { calls, errors } = sum(recent);
  const lost = sum(recent.filter((row) => row.mode === 'xds-none')).errors;
  const byDns = sum(recent.filter((row) => row.mode === 'dns')).errors;
  return {
    id,
    client: rows[0]?.client ?? '',
    server: rows[0]?.server ?? '',
    sinceSecond,
    calls,
    errors,
    noConfigRatio: errors === 0 ? 0 : lost / errors,
    dnsRatio: errors === 0 ? 0 : byDns / errors,
  };
}

/** The last second in which an edge failed, undefined when it did not; for the end of failures. */
export function lastFailure(edges: readonly CallEdgeSecond[], id: string): UnixSecond | undefined {
  const seconds = edges
    .filter((edge) => edge.errors > 0 && edgeId(edge) === id)
    .map((edge) => edge.second);
  return seconds.length === 0 ? undefined : unixSecond(Math.max(...seconds));
}

/** Share of calls by DNS among those found by DNS or mesh, users' excluded; 0 when there were none. */
export function dnsRatio(edges: readonly CallEdgeSecond[]): number {
  let dns = 0;
  let all = 0;
  for (const edge of edges) {
    if (isOwnService(edge.client)) continue;
    if (edge.mode === 'dns') dns += edge.calls;
    if (edge.mode === 'dns' || isMesh(edge.mode)) all += edge.calls;
  }
  return all === 0 ? 0 : dns / all;
}

function toTallies(
  rows: readonly CallEdgeSecond[],
): readonly (Tally & { readonly second: UnixSecond })[] {
  const seconds = new Map<UnixSecond, { hits: number; trials: number }>();
  for (const row of rows) {
    const tally = seconds.get(row.second) ?? { hits: 0, trials: 0 };
    tally.hits += row.errors;
    tally.trials += row.calls;
    seconds.set(row.second, tally);
  }
  return [...seconds]
    .map(([at, tally]) => ({ second: at, ...tally }))
    .sort((a, b) => a.second - b.second);
}

function sum(rows: readonly CallEdgeSecond[]): { calls: number; errors: number } {
  let calls = 0;
  let errors = 0;
  for (const row of rows) {
    calls += row.calls;
    errors += row.errors;
  }
  return { calls, errors };
}
