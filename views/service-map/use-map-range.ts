'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { addNs, elapsedNs, type TimeWindow, type UnixNano } from '#telemetry/time.ts';
import { formatIso } from '#views/format/format-time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { useKeys } from '#views/shell/keys.tsx';
import { useUrlState } from '#views/shell/use-url-state.ts';

/** A time that the address names: a range, or the rates of the last seconds up to that of a moment. */
export type MapTime =
  | { readonly kind: 'range'; readonly window: TimeWindow }
  | { readonly kind: 'moment'; readonly at: UnixNano; readonly window: TimeWindow };

/**
 * Live is the present. A pause holds the snapshot at hand, at once, and names its window in the address; a moment, a
 * range, and a paused one that is opened again, is loaded by the server.
 */
export function useMapRange(time: MapTime | undefined, newest: LiveSnapshot) {
  const router = useRouter();
  const [, change] = useUrlState();
  const [held, setHeld] = useState<LiveSnapshot>();
  const latest = useRef(newest);
  useEffect(() => {
    latest.current = newest;
  }, [newest]);
  const isPaused = time !== undefined || held !== undefined;
  const snapshot = time === undefined ? (held ?? newest) : newest;
  const togglePause = useCallback(() => {
    if (time !== undefined) {
      router.push(addressOf(undefined));
    } else if (isPaused) {
      setHeld(undefined);
      change({ from: undefined, to: undefined });
    } else {
      const { startUnixNano, endUnixNano } = latest.current.map.window;
      setHeld(latest.current);
      change({ from: String(startUnixNano), to: String(endUnixNano) });
    }
  }, [time, isPaused, router, change]);
  const showRange = useCallback(
    (window: TimeWindow) => router.push(addressOf({ kind: 'range', window })),
    [router],
  );
  const showMoment = useCallback(
    (at: UnixNano) => router.push(addressOf({ kind: 'moment', at })),
    [router],
  );
  const shown = snapshot.map.window;
  const step = useCallback(
    (direction: 1 | -1) => {
      if (!isPaused) return;
      const lengthNs = elapsedNs(shown.startUnixNano, shown.endUnixNano) * direction;
      if (time?.kind === 'moment') {
        router.push(addressOf({ kind: 'moment', at: addNs(time.at, lengthNs) }));
        return;
      }
      const window = {
        startUnixNano: addNs(shown.startUnixNano, lengthNs),
        endUnixNano: addNs(shown.endUnixNano, lengthNs),
      };
      router.push(addressOf({ kind: 'range', window }));
    },
    [isPaused, shown, time, router],
  );
  useKeys(
    'Map',
    useMemo(
      () => [
        { keys: 'l', label: 'Live or paused', run: togglePause },
        { keys: '[', label: 'Earlier, while paused', run: () => step(-1) },
        { keys: ']', label: 'Later, while paused', run: () => step(1) },
      ],
      [togglePause, step],
    ),
  );
  return { snapshot, isPaused, togglePause, showRange, showMoment, step };
}

type NamedTime =
  | Pick<MapTime & { kind: 'range' }, 'kind' | 'window'>
  | Pick<MapTime & { kind: 'moment' }, 'kind' | 'at'>;

/** The address of this screen at another time; everything else in it stays. */
function addressOf(time: NamedTime | undefined): string {
  const query = new URLSearchParams(window.location.search);
  for (const key of ['from', 'to', 'at']) query.delete(key);
  if (time?.kind === 'moment') query.set('at', formatIso(time.at));
  if (time?.kind === 'range') {
    query.set('from', String(time.window.startUnixNano));
    query.set('to', String(time.window.endUnixNano));
  }
  return `/map?${query}`;
}
