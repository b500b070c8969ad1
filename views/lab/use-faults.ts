'use client';

import { useCallback, useEffect, useState } from 'react';

/** A fault of the lab as the part that has it says. */
export interface LabFault {
  readonly id: string;
  readonly part: 'control-plane' | 'dns' | 'relay' | 'services';
  readonly name: string;
  readonly technical: string;
  readonly effect: string;
  /** What it can be made to; empty where it is the part itself. */
  readonly targets: readonly string[];
  /** Targets for which it holds, `['']` for the part itself; left out when the part does not answer. */
  readonly on?: readonly string[];
}

export interface LabFaults {
  /** undefined until the lab has answered. */
  readonly faults: readonly LabFault[] | undefined;
  /** Why the last switch was refused, or that the lab does not answer. */
  readonly error: string | undefined;
  /** `id target` of the switch that is being set. */
  readonly pending: string | undefined;
  readonly set: (id: string, target: string, isOn: boolean) => Promise<void>;
}

const FAULTS = '/api/v1/lab/faults';
const POLL_MS = 1500;

/** The lab's faults, asked again and again while the page is open: a scenario, or another hand, may set them too. */
export function useFaults(): LabFaults {
  const [faults, setFaults] = useState<readonly LabFault[]>();
  const [error, setError] = useState<string>();
  const [pending, setPending] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = await request({ signal: stop.signal });
      if (stop.signal.aborted) return;
      if (answer.kind === 'faults') setFaults(answer.faults);
      timer = setTimeout(ask, POLL_MS);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  const set = useCallback(async (id: string, target: string, isOn: boolean) => {
    setPending(`${id} ${target}`);
    const answer = await request({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, target, on: isOn }),
    });
    setPending(undefined);
    setError(answer.kind === 'refused' ? answer.reason : undefined);
    if (answer.kind === 'faults') setFaults(answer.faults);
  }, []);
  return { faults, error, pending, set };
}

type Answer =
  | { readonly kind: 'faults'; readonly faults: readonly LabFault[] }
  | { readonly kind: 'refused'; readonly reason: string };

async function request(init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(FAULTS, { ...init, cache: 'no-store' });
    const body: unknown = await response.json();
    if (response.ok) return { kind: 'faults', faults: body as readonly LabFault[] };
    const { error, detail } = body as { readonly error?: string; readonly detail?: string };
    return { kind: 'refused', reason: error ?? detail ?? `the lab answered ${response.status}` };
  } catch {
    return { kind: 'refused', reason: 'the lab does not answer' };
  }
}
