'use client';

import { useEffect, useState } from 'react';
import type { SpanDetails } from '#views/trace/span-details.ts';
import type { LoadedDetails } from '#views/trace/span-drawer.tsx';

export type LoadDetails = (spanId: string) => Promise<SpanDetails | undefined>;

const LOADING: LoadedDetails = { kind: 'loading' };

/**
 * The details of one span: those that came with the page, else asked for. A failed answer is not kept, so that selecting
 * the span again asks again.
 */
export function useSpanDetails(
  spanId: string,
  known: Readonly<Record<string, SpanDetails>>,
  load: LoadDetails,
): LoadedDetails {
  const [asked, setAsked] = useState<ReadonlyMap<string, LoadedDetails>>(new Map());
  const given = known[spanId];
  useEffect(() => {
    if (given !== undefined || /^0*$/.test(spanId)) return;
    let wanted = true;
    const keep = (loaded: LoadedDetails): void => {
      if (wanted) setAsked((before) => new Map(before).set(spanId, loaded));
    };
    load(spanId).then(
      (details) =>
        keep(
          details === undefined
            ? { kind: 'failed', reason: 'This span is no longer stored.' }
            : { kind: 'loaded', details },
        ),
      () =>
        keep({
          kind: 'failed',
          reason: 'The attributes could not be loaded. Is the dashboard still running?',
        }),
    );
    return () => {
      wanted = false;
    };
  }, [spanId, given, load]);
  if (given !== undefined) return { kind: 'loaded', details: given };
  return asked.get(spanId) ?? LOADING;
}
