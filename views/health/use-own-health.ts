'use client';

import { useEffect, useState } from 'react';
import type { OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import { parseTelemetryJson } from '#views/live/parse-live.ts';

const POLL_MS = 2000;
const PATIENCE_MS = 5000;
const NO_ANSWER = 'The dashboard’s server does not answer';

export interface OwnHealthState {
  /** The last that was heard; undefined when nothing ever was. */
  readonly health: OwnHealth | undefined;
  /** Why the last question went unanswered, and how old `health` was then. */
  readonly failure: { readonly words: string; readonly ageMs: number } | undefined;
}

/** Detour's own health, asked every two seconds while the page is looked at. What was heard stays when asking fails. */
export function useOwnHealth(initial: OwnHealth | undefined): OwnHealthState {
  const [state, setState] = useState<OwnHealthState>({ health: initial, failure: undefined });
  useEffect(() => {
    const stop = new AbortController();
    let heardAtMs = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (document.visibilityState === 'visible') {
        const answer = await readOwnHealth(stop.signal);
        if (stop.signal.aborted) return;
        if (answer.kind === 'heard') heardAtMs = performance.now();
        const ageMs = performance.now() - heardAtMs;
        setState((before) =>
          answer.kind === 'heard'
            ? { health: answer.health, failure: undefined }
            : { ...before, failure: { words: answer.words, ageMs } },
        );
      }
      timer = setTimeout(ask, POLL_MS);
    };
    timer = setTimeout(ask, POLL_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, []);
  return state;
}

type Answer =
  | { readonly kind: 'heard'; readonly health: OwnHealth }
  | { readonly kind: 'failed'; readonly words: string };

async function readOwnHealth(stop: AbortSignal): Promise<Answer> {
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch('/api/v1/health', { signal });
    const text = await response.text();
    return response.ok
      ? { kind: 'heard', health: parseTelemetryJson(text) as OwnHealth }
      : { kind: 'failed', words: problemWords(text, response.status) };
  } catch {
    return { kind: 'failed', words: NO_ANSWER };
  }
}

/** The title of an RFC 9457 problem; a proxy in between may say anything. */
function problemWords(text: string, status: number): string {
  try {
    const { title } = JSON.parse(text) as { readonly title?: unknown };
    return typeof title === 'string' ? title : `The dashboard’s server answers ${status}`;
  } catch {
    return `The dashboard’s server answers ${status}`;
  }
}
