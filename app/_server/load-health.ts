import { type IngestHealth, readIngestHealth } from '#store/ingest-health/read-ingest-health.ts';
import { readFreshness } from '#store/read-freshness.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import {
  elapsedNs,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type UnixNano,
} from '#telemetry/time.ts';
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
  /** What each ingester last said of itself; one that ended long ago is left out. */
  readonly ingesters: readonly IngestHealth[];
}

const INGESTER_SILENT_SECONDS = 10;
const INGESTER_GONE_SECONDS = 3600;
const ANALYZER_LATE_NS = 10 * NS_PER_SECOND;

/** Throws when the store does not answer. */
export async function loadHealth(): Promise<OwnHealth> {
  const at = now();
  const [freshness, judged, ingestHealth] = await Promise.all([
    readFreshness(database()),
    readJudgedSecond(database()),
    readIngestHealth(database()),
  ]);
  const ingesters = ingestHealth.filter((entry) => ageOf(entry, at) < INGESTER_GONE_SECONDS);
  const isReceiving = ingesters.some((entry) => ageOf(entry, at) < INGESTER_SILENT_SECONDS);
  const lagNs = judged === undefined ? undefined : elapsedNs(startOfSecond(judged), at);
  const reasons = [
    ...(isReceiving ? [] : ['no ingester says that it is running']),
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
    ingesters,
  };
}

function ageOf(entry: IngestHealth, at: UnixNano): number {
  return secondOf(at) - entry.updatedSecond;
}
