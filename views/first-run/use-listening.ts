'use client';

import { useEffect, useState } from 'react';
import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import { startOfSecond, type UnixNano } from '#telemetry/time.ts';

const POLL_MS = 1000;

export interface Listening {
  /** `away`: the dashboard's server does not answer. `deaf`: it does, and no ingester says that it runs. */
  readonly state: 'asking' | 'listening' | 'deaf' | 'away';
  /** Services seen, Detour's own not counted. */
  readonly services: number;
  /** The last batch that was not stored, in the words of the answer. */
  readonly refusal: { readonly atUnixNano: UnixNano; readonly words: string } | undefined;
}

interface HealthAnswer {
  readonly ingesters: readonly { readonly state: string; readonly snapshot: IngestSnapshot }[];
}

interface ServicesAnswer {
  readonly services: readonly { readonly isOwn: boolean }[];
}

/** What the ingester has seen, asked once a second while the page waits for the first span. */
export function useListening(): Listening {
  const [listening, setListening] = useState<Listening>({
    state: 'asking',
    services: 0,
    refusal: undefined,
  });
  useEffect(() => {
    const stop = new AbortController();
    const ask = () => {
      readListening(stop.signal).then(setListening, () => {
        if (!stop.signal.aborted) setListening((before) => ({ ...before, state: 'away' }));
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

async function readListening(signal: AbortSignal): Promise<Listening> {
  const [health, services] = await Promise.all([
    readJson<HealthAnswer>('/api/v1/health', signal),
    readJson<ServicesAnswer>('/api/v1/services', signal),
  ]);
  return {
    state: health.ingesters.some(({ state }) => state === 'reporting') ? 'listening' : 'deaf',
    services: services.services.filter((service) => !service.isOwn).length,
    refusal: lastRefusal(health),
  };
}

async function readJson<Answer>(url: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as Answer;
}

function lastRefusal({ ingesters }: HealthAnswer): Listening['refusal'] {
  const last = ingesters
    .flatMap(({ snapshot }) => snapshot.lastRefusal ?? snapshot.lastPartialSuccess ?? [])
    .toSorted((a, b) => b.second - a.second)[0];
  if (last === undefined) return undefined;
  return {
    atUnixNano: startOfSecond(last.second),
    words: `${last.transport}, ${last.reason}: ${last.message}`,
  };
}
