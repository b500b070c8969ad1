'use client';

import { useEffect, useRef } from 'react';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatClock } from '#views/format/format-time.ts';
import { eventLook } from '#views/incidents/event-look.ts';
import { EventText } from '#views/incidents/event-text.tsx';

/** How it came: the events in order, those still to come faint. A click goes there. */
export function ReplayStory({
  timeline,
  frame,
  onSeek,
}: {
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  readonly onSeek: (frame: number) => void;
}) {
  const here = useRef<HTMLLIElement>(null);
  const past = timeline.events.filter((event) => event.frame <= frame).length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `past` says which event `here` is
  useEffect(() => {
    here.current?.scrollIntoView({ block: 'nearest' });
  }, [past]);
  return (
    <section className="border-line border-b px-4 py-3" aria-label="How it came">
      <div className="mb-2 flex items-baseline justify-between">
        <h2 className="font-semibold text-[13.5px]">How it came</h2>
        <span className="text-muted text-xs">
          {past} of {timeline.events.length} so far
        </span>
      </div>
      <ol>
        {timeline.events.map((event, i) => {
          const { Icon, tone } = eventLook(event.kind);
          const isPast = i < past;
          return (
            <li
              key={`${event.unixNano} ${event.kind} ${event.subject}`}
              ref={i === past - 1 ? here : null}
              className={`scroll-my-12 ${i === past - 1 ? 'rounded-md bg-raise' : ''}`}
            >
              <button
                type="button"
                onClick={() => onSeek(event.frame)}
                title={event.evidence}
                className="flex w-full items-start gap-2.5 rounded-md px-1.5 py-1 text-left hover:bg-raise"
              >
                <Icon
                  size={14}
                  className={`mt-0.5 shrink-0 ${isPast ? tone : 'text-dim'}`}
                  aria-hidden
                />
                <span className={`min-w-0 flex-1 text-sm ${isPast ? '' : 'text-dim'}`}>
                  <EventText event={event} />
                </span>
                <span className="num shrink-0 text-muted text-xs">
                  {formatClock(event.unixNano)}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
