'use client';

import { useEffect, useState } from 'react';
import type { UnixNano } from '#telemetry/time.ts';
import { formatAgeAt, nowUnixNano } from '#views/format/format-time.ts';

const TICK_MS = 1000;

/** The age of something that goes on, counted by the browser from the server's `now`. */
export function RunningAge({ since, now }: { readonly since: UnixNano; readonly now: UnixNano }) {
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setAt(nowUnixNano()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <span className="num">{formatAgeAt(since, at)}</span>;
}
