import { readFreshness } from '#store/read-freshness.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import { elapsedNs, NS_PER_SECOND, startOfSecond, type UnixNano } from '#telemetry/time.ts';
import { database } from './database.ts';
import { now } from './now.ts';

/** Detour's own health: is the store there, do spans come, does the analyzer keep up. */
export interface OwnHealth {
  readonly status: 'ok' | 'degraded';
  readonly reasons: readonly string[];
  readonly atUnixNano: UnixNano;
  readonly spans: number;
  readonly latestSpanUnixNano?: UnixNano;
  readonly latestMetricUnixNano?: UnixNano;
  /** How far the analyzer is behind the clock; undefined before its first second. */
  readonly analyzerLagNs?: number;
}

const ANALYZER_LATE_NS = 10 * NS_PER_SECOND;

/** Throws when the store does not answer. */
export async function loadHealth(): Promise<OwnHealth> {
  const at = now();
  const [freshness, judged] = await Promise.all([
    readFreshness(database()),
    readJudgedSecond(database()),
  ]);
  const lagNs = judged === undefined ? undefined : elapsedNs(startOfSecond(judged), at);
  const reasons = [
    ...(lagNs === undefined ? ['the analyzer has not judged a second yet'] : []),
    ...(lagNs !== undefined && lagNs > ANALYZER_LATE_NS
      ? [`the analyzer is ${Math.round(lagNs / NS_PER_SECOND)} s behind`]
      : []),
  ];
  return {
    status: reasons.length === 0 ? 'ok' : 'degraded',
    reasons,
    atUnixNano: at,
    ...freshness,
    ...(lagNs === undefined ? {} : { analyzerLagNs: lagNs }),
  };
}
