'use client';

import { Pause } from 'lucide-react';
import { useEffect, useState } from 'react';
import { elapsedNs, NS_PER_MS, NS_PER_SECOND } from '#telemetry/time.ts';
import { formatAge } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { type LiveState, useLive } from './use-live.ts';

const STALE_NS = 5 * NS_PER_SECOND;
const TICK_MS = 250;

/** How old the newest telemetry on the screen is, in ns; undefined before anything came. */
function behindNs(live: LiveState, nowMs: number): number | undefined {
  const latest = live.snapshot?.freshness.latestSpanUnixNano;
  if (live.snapshot === undefined || latest === undefined) return undefined;
  // Counted on the server's clock up to the snapshot, on ours since: the two need not agree.
  const onServer = Math.max(0, elapsedNs(latest, live.snapshot.takenUnixNano));
  return onServer + (nowMs - live.receivedAtMs) * NS_PER_MS;
}

/** Live, and how far behind; amber when stale. With `onToggle` it holds the screen still and lets it go again. */
export function LiveClock({
  isPaused = false,
  onToggle,
}: {
  readonly isPaused?: boolean;
  readonly onToggle?: () => void;
}) {
  const live = useLive();
  const now = useTick();
  const behind = behindNs(live, now);
  const isStale = !isPaused && behind !== undefined && behind > STALE_NS;
  const words = isPaused ? 'Paused' : linkWord(live, isStale);
  const content = (
    <>
      <Dot isPaused={isPaused} isStale={isStale || live.link !== 'streaming'} />
      <span className="font-medium">{words}</span>
      {behind !== undefined && !isPaused && (
        <span className={classNames('num', isStale ? 'text-warn-text' : 'text-muted')}>
          {formatAge(behind)} behind
        </span>
      )}
    </>
  );
  const look = classNames(
    'inline-flex h-8 items-center gap-2 whitespace-nowrap rounded-lg border px-3 text-sm',
    isStale ? 'border-warn-edge bg-warn-fill text-warn-text' : 'border-edge',
  );
  if (onToggle === undefined) return <span className={look}>{content}</span>;
  return (
    <button
      type="button"
      onClick={onToggle}
      aria-pressed={!isPaused}
      title={isPaused ? 'Go live' : 'Hold this moment'}
      className={`${look} hover:border-dim`}
    >
      {content}
    </button>
  );
}

function linkWord(live: LiveState, isStale: boolean): string {
  if (live.link === 'polling') return 'Polling every 5 s';
  if (live.link === 'retrying') return 'Reconnecting';
  if (live.snapshot === undefined) return 'Connecting';
  return isStale ? 'Stale' : 'Live';
}

function Dot({ isPaused, isStale }: { readonly isPaused: boolean; readonly isStale: boolean }) {
  if (isPaused) return <Pause size={12} className="text-muted" aria-hidden />;
  return (
    <span
      aria-hidden
      className={classNames('size-2 rounded-full', isStale ? 'bg-warn-solid' : 'bg-ok')}
    />
  );
}

/** `performance.now()`, a few times a second; 0 on the server. */
function useTick(): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    setNow(performance.now());
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
