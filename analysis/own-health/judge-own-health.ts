import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import {
  elapsedNs,
  NS_PER_SECOND,
  startOfSecond,
  type UnixNano,
  type UnixSecond,
} from '#telemetry/time.ts';

/** What an ingester last wrote about itself. It writes each second. */
export interface IngesterReport {
  readonly ingester: string;
  readonly updatedSecond: UnixSecond;
  readonly snapshot: IngestSnapshot;
}

/** `silent`: it does not run, or does not reach the store. */
export interface IngesterHealth extends IngesterReport {
  readonly state: 'reporting' | 'silent';
  readonly ageNs: number;
}

export interface OwnHealthFacts {
  readonly atUnixNano: UnixNano;
  /** Spans in the store. */
  readonly spans: number;
  readonly latestSpanUnixNano?: UnixNano;
  readonly latestMetricUnixNano?: UnixNano;
  /** undefined before the analyzer's first. */
  readonly judgedSecond: UnixSecond | undefined;
  readonly reports: readonly IngesterReport[];
  /** Names of the databases of several that do not answer. */
  readonly databasesAway?: readonly string[];
}

/** Detour's own health: is the store there, do spans come, does the analyzer keep up. */
export interface OwnHealth {
  readonly status: 'ok' | 'degraded';
  /** Why `degraded`; empty when `ok`. */
  readonly reasons: readonly string[];
  readonly atUnixNano: UnixNano;
  readonly spans: number;
  readonly latestSpanUnixNano?: UnixNano;
  readonly latestMetricUnixNano?: UnixNano;
  /** How far the analyzer is behind the clock; undefined before its first second. */
  readonly analyzerLagNs?: number;
  /** By name. One that ended long ago is left out, unless it is the newest of all. */
  readonly ingesters: readonly IngesterHealth[];
}

const INGESTER_SILENT_NS = 5 * NS_PER_SECOND;
const INGESTER_GONE_NS = 3600 * NS_PER_SECOND;
const ANALYZER_LATE_NS = 10 * NS_PER_SECOND;

export function judgeOwnHealth(facts: OwnHealthFacts): OwnHealth {
  const { judgedSecond, reports, databasesAway = [], ...freshness } = facts;
  const at = facts.atUnixNano;
  const all = reports.map((report) => judgeIngester(report, at));
  const newest = newestOf(all);
  const lagNs = judgedSecond === undefined ? undefined : elapsedNs(startOfSecond(judgedSecond), at);
  const away = databasesAway.map((name) => `${name} does not answer`);
  const reasons = [...away, ...ingestReasons(newest), ...analyzerReasons(lagNs)];
  return {
    status: reasons.length === 0 ? 'ok' : 'degraded',
    reasons,
    ...freshness,
    ...(lagNs === undefined ? {} : { analyzerLagNs: lagNs }),
    ingesters: all.filter((entry) => entry === newest || entry.ageNs < INGESTER_GONE_NS),
  };
}

function judgeIngester(report: IngesterReport, at: UnixNano): IngesterHealth {
  // Another machine's clock may be ahead of ours.
  const ageNs = Math.max(0, elapsedNs(startOfSecond(report.updatedSecond), at));
  return { ...report, state: ageNs > INGESTER_SILENT_NS ? 'silent' : 'reporting', ageNs };
}

function newestOf(ingesters: readonly IngesterHealth[]): IngesterHealth | undefined {
  return ingesters.toSorted((a, b) => a.ageNs - b.ageNs)[0];
}

/** Older ones may be silent because they were stopped on purpose: one that reports is enough to receive. */
function ingestReasons(newest: IngesterHealth | undefined): readonly string[] {
  if (newest === undefined) return ['no ingester has said that it is running'];
  if (newest.state === 'reporting') return [];
  return [`the ingester ${newest.ingester} has been silent for ${seconds(newest.ageNs)}`];
}

function analyzerReasons(lagNs: number | undefined): readonly string[] {
  if (lagNs === undefined) return ['the analyzer has not judged a second yet'];
  return lagNs > ANALYZER_LATE_NS ? [`the analyzer is ${seconds(lagNs)} behind`] : [];
}

function seconds(ns: number): string {
  return `${Math.round(ns / NS_PER_SECOND)} s`;
}
