import type { IngestIncident, IngestRequests, RefusalReason } from '#telemetry/ingest-health.ts';
import type { IngesterReport } from './judge-own-health.ts';

/** What became of the requests of one signal over one transport, at all ingesters together. */
export interface RequestGroup {
  readonly signal: IngestRequests['signal'];
  readonly transport: IngestRequests['transport'];
  readonly stored: number;
  readonly partlyStored: number;
  readonly refused: number;
  /** Most frequent first. */
  readonly refusals: readonly { readonly reason: RefusalReason; readonly requests: number }[];
  readonly bytes: number;
  readonly acceptedItems: number;
  readonly rejectedItems: number;
}

const SIGNALS: readonly IngestRequests['signal'][] = ['traces', 'metrics', 'logs', undefined];

/** By signal (traces, metrics, logs, none), then by transport. */
export function sumRequests(reports: readonly IngesterReport[]): readonly RequestGroup[] {
  const all = reports.flatMap((report) => report.snapshot.requests);
  return SIGNALS.flatMap((signal) => {
    const ofSignal = all.filter((entry) => entry.signal === signal);
    const transports = [...new Set(ofSignal.map((entry) => entry.transport))].toSorted();
    return transports.map((transport) =>
      toGroup(
        signal,
        transport,
        ofSignal.filter((entry) => entry.transport === transport),
      ),
    );
  });
}

/** The newest of what the ingesters say they last refused, or last stored in part. */
export function lastIncident(
  reports: readonly IngesterReport[],
  which: 'lastRefusal' | 'lastPartialSuccess',
): IngestIncident | undefined {
  return reports
    .flatMap((report) => report.snapshot[which] ?? [])
    .toSorted((a, b) => b.second - a.second)[0];
}

function toGroup(
  signal: RequestGroup['signal'],
  transport: RequestGroup['transport'],
  entries: readonly IngestRequests[],
): RequestGroup {
  const requestsWith = (outcome: IngestRequests['outcome']) =>
    sum(entries.map((entry) => (entry.outcome === outcome ? entry.requests : 0)));
  return {
    signal,
    transport,
    stored: requestsWith('stored'),
    partlyStored: requestsWith('partly-stored'),
    refused: requestsWith('refused'),
    refusals: toRefusals(entries),
    bytes: sum(entries.map((entry) => entry.bytes)),
    acceptedItems: sum(entries.map((entry) => entry.acceptedItems)),
    rejectedItems: sum(entries.map((entry) => entry.rejectedItems)),
  };
}

function toRefusals(entries: readonly IngestRequests[]): RequestGroup['refusals'] {
  const byReason = new Map<RefusalReason, number>();
  for (const { reason, requests } of entries) {
    if (reason !== undefined) byReason.set(reason, (byReason.get(reason) ?? 0) + requests);
  }
  return [...byReason]
    .map(([reason, requests]) => ({ reason, requests }))
    .toSorted((a, b) => b.requests - a.requests);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
