import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import type { UnixSecond } from '#telemetry/time.ts';

/** The newest seconds of calls that a map is judged by: what is normal, and what happens now. */
export const RUN_SECONDS = 30;

/** Nats for "most calls fail now" over "they fail as ever". Three calls in a row that fail by chance are rarer than this. */
const ALARM = 12;
/** What failing means: every second call. */
const FAILING_RATIO = 0.5;
/** Fewer failures than one in two hundred calls cannot be told from none in half a minute. */
const LEAST_NORMAL_RATIO = 0.005;
/** Of one second's calls: a callee that one rare caller does not find is well. */
const UNADDRESSED_RATIO = 0.1;
/** The last seconds, whose failures may be news, say nothing about what is normal. */
const NEWS_SECONDS = 6;

interface RunSecond {
  calls: number;
  errors: number;
  /** Errors of callers that asked the mesh and got no address. */
  unaddressed: number;
}

/**
 * Whether the newest calls of an edge or to a service fail, though the mean of the last seconds does not show it yet:
 * Page's cumulative sum of the likelihood ratio (Page 1954), second by second, against the normal share of failures.
 * A call that found no address is no chance: no healthy mesh makes one, so that the first tells as much as a whole run.
 * `seconds` are the last `RUN_SECONDS`, any order, the newest as far as it is filled.
 */
export function failsNow(seconds: readonly CallEdgeSecond[]): boolean {
  const run = toRun(seconds);
  const newest = run.at(-1);
  if (newest === undefined) return false;
  const normal = normalRatio(run, newest.second);
  const perError = Math.log(FAILING_RATIO / normal);
  const perSuccess = Math.log((1 - FAILING_RATIO) / (1 - normal));
  let evidence = 0;
  for (const { calls, errors, unaddressed } of run) {
    const chance = (errors - unaddressed) * perError + (calls - errors) * perSuccess;
    // No higher than the alarm: the first that succeeds again must be heard.
    evidence = Math.min(ALARM, Math.max(0, evidence + chance));
    if (unaddressed > 0 && unaddressed >= calls * UNADDRESSED_RATIO) evidence = ALARM;
  }
  return evidence >= ALARM && newest.errors > 0;
}

function toRun(
  seconds: readonly CallEdgeSecond[],
): readonly (RunSecond & { readonly second: UnixSecond })[] {
  const bySecond = new Map<UnixSecond, RunSecond>();
  for (const { second, calls, errors, mode } of seconds) {
    const entry = bySecond.get(second) ?? { calls: 0, errors: 0, unaddressed: 0 };
    entry.calls += calls;
    entry.errors += errors;
    if (mode === 'xds-none') entry.unaddressed += errors;
    bySecond.set(second, entry);
  }
  return [...bySecond]
    .map(([second, entry]) => ({ second, ...entry }))
    .sort((a, b) => a.second - b.second);
}

function normalRatio(
  run: readonly (RunSecond & { readonly second: UnixSecond })[],
  newest: UnixSecond,
): number {
  let calls = 0;
  let errors = 0;
  for (const entry of run) {
    if (entry.second > newest - NEWS_SECONDS) continue;
    calls += entry.calls;
    errors += entry.errors;
  }
  const ratio = calls === 0 ? 0 : errors / calls;
  return Math.min(FAILING_RATIO / 2, Math.max(LEAST_NORMAL_RATIO, ratio));
}
