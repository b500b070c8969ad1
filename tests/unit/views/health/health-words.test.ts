import { describe, expect, it } from 'vitest';
import type { OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import { unixNano, unixSecond } from '#telemetry/time.ts';
import { healthSentence } from '#views/health/health-sentence.ts';
import { refusalWords } from '#views/health/refusal-words.ts';

const READY: OwnHealth = {
  status: 'ok',
  reasons: [],
  atUnixNano: unixNano(0n),
  spans: 0,
  analyzerLagNs: 1.2e9,
  ingesters: [
    {
      ingester: 'a',
      updatedSecond: unixSecond(0),
      state: 'reporting',
      ageNs: 0,
      snapshot: {
        startedSecond: unixSecond(0),
        requests: [],
        unknownKeys: 0,
        inFlightBytes: 0,
        peakInFlightBytes: 0,
        limitBytes: 64,
        connections: 0,
        residentBytes: 0,
      },
    },
  ],
};

describe('healthSentence', () => {
  it('does not call healthy what has received nothing', () => {
    expect(healthSentence(READY)).toEqual({
      health: 'unknown',
      words: 'Ready: 1 ingester listens, and nothing has been received yet',
    });
  });

  it('says how far the analyzer is behind when all is well', () => {
    expect(healthSentence({ ...READY, spans: 5 })).toEqual({
      health: 'ok',
      words: 'All well: 1 ingester listens, and the analyzer is 1.2 s behind the clock',
    });
  });

  it('gives every reason when degraded', () => {
    const degraded = { ...READY, status: 'degraded', reasons: ['one', 'two'] } as const;
    expect(healthSentence(degraded)).toEqual({ health: 'degraded', words: 'Degraded: one; two' });
  });
});

describe('refusalWords', () => {
  it('speaks as each protocol does', () => {
    expect(refusalWords('http/json', 'overloaded').answer).toBe('HTTP 503, Retry-After');
    expect(refusalWords('grpc', 'overloaded').answer).toBe('UNAVAILABLE, RetryInfo');
    expect(refusalWords('grpc', 'too-large')).toEqual({
      what: 'larger than allowed',
      answer: 'RESOURCE_EXHAUSTED, no RetryInfo',
      again: 'not sent again',
    });
    expect(refusalWords('http', 'cancelled').answer).toBe('no answer');
  });
});
