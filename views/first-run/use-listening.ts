'use client';

import { useEffect, useState } from 'react';
import type { IngestIncident } from '#telemetry/ingest-health.ts';
import { startOfSecond, type UnixNano, unixSecond } from '#telemetry/time.ts';
import { parseTelemetryJson } from '#views/live/parse-live.ts';

const POLL_MS = 1000;

export interface Listening {
  readonly isAnswering: boolean;
  readonly health: { readonly spans: number; readonly latestMetricUnixNano?: UnixNano } | undefined;
  /** The last batch that was not stored, in the words of the answer. */
  readonly refusal: { readonly atUnixNano: UnixNano; readonly words: string } | undefined;
}

interface HealthAnswer {
  readonly spans: number;
  readonly latestMetricUnixNano?: UnixNano;
  readonly ingest?: {
    readonly lastRefusal?: IngestIncident;
    readonly lastPartialSuccess?: IngestIncident;
  };
}

/** What the ingester has seen, asked once a second while the page waits for the first span. */
export function useListening(): Listening {
  const [listening, setListening] = useState<Listening>({
    isAnswering: true,
    health: undefined,
    refusal: undefined,
  });
  useEffect(() => {
    const stop = new AbortController();
    const ask = () => {
      readHealth(stop.signal).then(setListening, () => {
        if (!stop.signal.aborted) setListening((before) => ({ ...before, isAnswering: false }));
      });
    };
    ask();
    const timer = setInterval(ask, POLL_MS);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, []);
  return listening;
}

async function readHealth(signal: AbortSignal): Promise<Listening> {
  const response = await fetch('/api/v1/health', { signal });
  if (!response.ok) throw new Error(`health answers ${response.status}`);
  const health = parseTelemetryJson(await response.text()) as HealthAnswer;
  const refused = health.ingest?.lastRefusal ?? health.ingest?.lastPartialSuccess;
  return {
    isAnswering: true,
    health,
    refusal:
      refused === undefined
        ? undefined
        : {
            atUnixNano: startOfSecond(unixSecond(refused.second)),
            words: `${refused.transport}, ${refused.reason}: ${refused.message}`,
          },
  };
}
