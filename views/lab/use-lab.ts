'use client';

import { useCallback, useEffect, useState } from 'react';
import type { LabLesson, LabRun, LabScenario } from './lab-run.ts';

const LAB = '/api/v1/lab';
const POLL_MS = 1000;

/** `absent`: this Detour runs without a lab. `starting`: there is one, and its runner does not answer yet. */
type LabState = 'asking' | 'absent' | 'starting' | 'ready';

export interface Lab {
  readonly state: LabState;
  readonly scenarios: readonly LabScenario[];
  readonly lessons: readonly LabLesson[];
  /** The run under way, or the last one. */
  readonly run: LabRun | undefined;
  /** Why the last request was refused. */
  readonly error: string | undefined;
  /** True when it started. */
  readonly start: (request: StartRequest) => Promise<boolean>;
  /** Ends the run, and mends everything in any case. */
  readonly stop: () => Promise<void>;
  /** Holds the run's clock, and lets it go on. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
}

interface StartRequest {
  readonly scenario: string;
  /** Left out: the scenario's own. */
  readonly speed?: number;
  readonly lessons?: readonly string[];
}

interface Asked {
  readonly state: LabState;
  readonly scenarios: readonly LabScenario[];
  readonly lessons: readonly LabLesson[];
  readonly run: LabRun | undefined;
}

const UNASKED: Asked = { state: 'asking', scenarios: [], lessons: [], run: undefined };

/** The lab, asked once a second while the page is open. */
export function useLab(): Lab {
  const [asked, setAsked] = useState(UNASKED);
  const [error, setError] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    const ask = () => {
      readLab(stop.signal).then(
        (answer) => {
          setAsked(answer);
          // A lab is attached when Detour starts, or not at all.
          if (answer.state === 'absent') clearInterval(timer);
        },
        () => {
          if (!stop.signal.aborted) setAsked((before) => ({ ...before, state: 'starting' }));
        },
      );
    };
    const timer = setInterval(ask, POLL_MS);
    ask();
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, []);
  const post = useCallback(async (path: string, body: object | undefined) => {
    const refusal = await postToLab(path, body);
    setError(refusal);
    if (refusal === undefined) setAsked(await readLab(new AbortController().signal));
    return refusal === undefined;
  }, []);
  const start = useCallback((request: StartRequest) => post('runs', request), [post]);
  const stop = useCallback(async () => {
    await post('run/stop', undefined);
  }, [post]);
  const pause = useCallback(async () => {
    await post('run/pause', undefined);
  }, [post]);
  const resume = useCallback(async () => {
    await post('run/resume', undefined);
  }, [post]);
  return { ...asked, error, start, stop, pause, resume };
}

async function readLab(signal: AbortSignal): Promise<Asked> {
  const [scenarios, lessons, run] = await Promise.all([
    fetch(`${LAB}/scenarios`, { signal }),
    fetch(`${LAB}/lessons`, { signal }),
    fetch(`${LAB}/run`, { signal }),
  ]);
  if (scenarios.status === 404) return { ...UNASKED, state: 'absent' };
  if (!scenarios.ok || !lessons.ok || !run.ok) return { ...UNASKED, state: 'starting' };
  const current = (await run.json()) as LabRun | null;
  return {
    state: 'ready',
    scenarios: (await scenarios.json()) as readonly LabScenario[],
    lessons: (await lessons.json()) as readonly LabLesson[],
    run: current ?? undefined,
  };
}

/** What the lab objected; undefined when it obeyed. */
async function postToLab(path: string, body: object | undefined): Promise<string | undefined> {
  try {
    const response = await fetch(`${LAB}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body ?? {}),
    });
    if (response.ok) return undefined;
    const answer = (await response.json()) as { readonly error?: string; readonly detail?: string };
    return answer.error ?? answer.detail ?? `the lab answered ${response.status}`;
  } catch {
    return 'the lab does not answer';
  }
}
