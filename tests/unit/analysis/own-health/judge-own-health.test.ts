import { describe, expect, it } from 'vitest';
import { type IngesterReport, judgeOwnHealth } from '#analysis/own-health/judge-own-health.ts';
import { lastIncident, sumRequests } from '#analysis/own-health/sum-requests.ts';
import type { IngestIncident, IngestRequests, IngestSnapshot } from '#telemetry/ingest-health.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';

const NOW = 1_700_000_000;
const TRACES_GRPC = { signal: 'traces', transport: 'grpc' } as const;

describe('judgeOwnHealth', () => {
  it('is ok while an ingester reports and the analyzer keeps up', () => {
    const health = judge({ reports: [report('a', 1)], analyzerAgo: 2 });
    expect(health).toMatchObject({ status: 'ok', reasons: [], analyzerLagNs: 2e9 });
    expect(health.ingesters).toMatchObject([{ ingester: 'a', state: 'reporting', ageNs: 1e9 }]);
  });

  it('calls an ingester silent that was not heard for more than five seconds', () => {
    expect(judge({ reports: [report('a', 5)] }).status).toBe('ok');
    const health = judge({ reports: [report('a', 6)] });
    expect(health.ingesters[0]?.state).toBe('silent');
    expect(health.status).toBe('degraded');
    expect(health.reasons).toEqual(['the ingester a has been silent for 6 s']);
  });

  it('is not degraded by an older ingester that was stopped', () => {
    const health = judge({ reports: [report('old', 600), report('new', 0)] });
    expect(health.status).toBe('ok');
    expect(health.ingesters.map((entry) => entry.state)).toEqual(['silent', 'reporting']);
  });

  it('forgets an ingester after an hour, but never the newest', () => {
    const gone = judge({ reports: [report('older', 9000), report('newest', 8000)] });
    expect(gone.ingesters.map((entry) => entry.ingester)).toEqual(['newest']);
    expect(gone.reasons).toEqual(['the ingester newest has been silent for 8000 s']);
  });

  it('takes a report from a clock that is ahead as a new one', () => {
    expect(judge({ reports: [report('a', -3)] }).ingesters[0]).toMatchObject({
      state: 'reporting',
      ageNs: 0,
    });
  });

  it('names everything that is wrong at once', () => {
    expect(judge({ reports: [], analyzerAgo: 30 }).reasons).toEqual([
      'no ingester has said that it is running',
      'the analyzer is 30 s behind',
    ]);
    expect(judge({ reports: [report('a', 0)], analyzerAgo: 'never' }).reasons).toEqual([
      'the analyzer has not judged a second yet',
    ]);
  });
});

describe('sumRequests', () => {
  it('adds ingesters up by signal and transport, with the reasons of refusals', () => {
    const reports = [
      report('a', 0, {
        requests: [
          requests({ signal: 'metrics', transport: 'grpc', requests: 1 }),
          requests({ ...TRACES_GRPC, requests: 5 }),
          requests({ transport: 'http', outcome: 'refused', reason: 'wrong-path', requests: 2 }),
          requests({ ...TRACES_GRPC, outcome: 'refused', reason: 'draining' }),
        ],
      }),
      report('b', 0, {
        requests: [
          requests({ ...TRACES_GRPC, requests: 7 }),
          requests({ ...TRACES_GRPC, outcome: 'partly-stored' }),
          requests({ ...TRACES_GRPC, outcome: 'refused', reason: 'overloaded', requests: 4 }),
        ],
      }),
    ];
    const groups = sumRequests(reports);
    expect(groups.map(({ signal, transport }) => `${signal} ${transport}`)).toEqual([
      'traces grpc',
      'metrics grpc',
      'undefined http',
    ]);
    expect(groups[0]).toMatchObject({
      stored: 12,
      partlyStored: 1,
      refused: 5,
      refusals: [
        { reason: 'overloaded', requests: 4 },
        { reason: 'draining', requests: 1 },
      ],
      bytes: 50,
    });
  });

  it('has no rows when nothing was received', () => {
    expect(sumRequests([report('a', 0)])).toEqual([]);
  });
});

describe('lastIncident', () => {
  it('is the newest of all ingesters', () => {
    const refusalAt = (second: number): IngestIncident => ({
      second: unixSecond(second),
      transport: 'grpc',
      reason: 'overloaded',
      message: '',
    });
    const reports = [
      report('a', 0, { lastRefusal: refusalAt(20) }),
      report('b', 0, { lastRefusal: refusalAt(30) }),
      report('c', 0),
    ];
    expect(lastIncident(reports, 'lastRefusal')?.second).toBe(30);
    expect(lastIncident(reports, 'lastPartialSuccess')).toBeUndefined();
  });
});

function judge({
  reports,
  analyzerAgo = 1,
}: {
  readonly reports: readonly IngesterReport[];
  readonly analyzerAgo?: number | 'never';
}) {
  return judgeOwnHealth({
    atUnixNano: startOfSecond(unixSecond(NOW)),
    spans: 0,
    judgedSecond: analyzerAgo === 'never' ? undefined : unixSecond(NOW - analyzerAgo),
    reports,
  });
}

function report(
  ingester: string,
  secondsAgo: number,
  changes: Partial<IngestSnapshot> = {},
): IngesterReport {
  return {
    ingester,
    updatedSecond: unixSecond(NOW - secondsAgo),
    snapshot: {
      startedSecond: unixSecond(NOW - 10_000),
      requests: [],
      unknownKeys: 0,
      inFlightBytes: 0,
      peakInFlightBytes: 0,
      limitBytes: 64,
      connections: 0,
      residentBytes: 0,
      ...changes,
    },
  };
}

function requests(
  changes: Partial<IngestRequests> & Pick<IngestRequests, 'transport'>,
): IngestRequests {
  return {
    outcome: 'stored',
    requests: 1,
    bytes: 10,
    acceptedItems: 1,
    rejectedItems: 0,
    ...changes,
  };
}
