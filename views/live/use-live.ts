'use client';

import { useSyncExternalStore } from 'react';
import { addToHistory, type SeenHistory } from './edge-history.ts';
import { type LiveLink, type LiveMessage, startLiveLink } from './live-link.ts';
import type { LiveSnapshot } from './live-snapshot.ts';
import { parseLive } from './parse-live.ts';

export interface LiveState {
  readonly link: LiveLink;
  /** undefined until the first one arrives. */
  readonly snapshot: LiveSnapshot | undefined;
  /** `performance.now()` at which `snapshot` came. */
  readonly receivedAtMs: number;
  /** What this tab has seen since it was opened. */
  readonly seen: SeenHistory;
}

const NOTHING: LiveState = {
  link: 'connecting',
  snapshot: undefined,
  receivedAtMs: 0,
  seen: new Map(),
};

let state = NOTHING;
let stop: (() => void) | undefined;
const listeners = new Set<() => void>();

/** The live data of this browser: all that use it share one stream, which ends when the last one leaves. */
export function useLive(): LiveState {
  return useSyncExternalStore(
    subscribe,
    () => state,
    () => NOTHING,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  stop ??= startLiveLink(receive);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = undefined;
  };
}

function receive({ link, json }: LiveMessage): void {
  const snapshot = json === undefined ? undefined : parseLive(json);
  state =
    snapshot === undefined
      ? { ...state, link }
      : {
          link,
          snapshot,
          receivedAtMs: performance.now(),
          seen: addToHistory(state.seen, state.snapshot?.map, snapshot.map),
        };
  for (const listener of listeners) listener();
}
