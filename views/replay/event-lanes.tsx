'use client';

import { memo, useMemo } from 'react';
import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatClock, formatMinute } from '#views/format/format-time.ts';
import { eventLook } from '#views/incidents/event-look.ts';
import { type PlacedChip, placeChips } from '#views/replay/place-chips.ts';

export const LANE_PX = 27;
const LETTER_PX = 6.3;
const CLOCK_LETTER_PX = 7;
const CHIP_EXTRA_PX = 36;
const MAX_CHIP_PX = 210;
const MAX_SUBJECT = 20;
/** Below this many frames minutes alone would be the same on every chip. */
const SECONDS_MATTER = 3600;

type Event = ReplayTimeline['events'][number];

/** What happened, as chips in lanes over the seconds in which it did; a click goes there. */
export const EventLanes = memo(function EventLanes({
  timeline,
  widthPx,
  lanes,
  dropPx,
  onSeek,
}: {
  readonly timeline: ReplayTimeline;
  readonly widthPx: number;
  readonly lanes: number;
  /** How far below the lanes a chip's line goes. */
  readonly dropPx: number;
  readonly onSeek: (frame: number) => void;
}) {
  const chips = useMemo(
    () =>
      placeChips(
        timeline.events.map((event) => ({
          at: (event.frame + 0.5) / timeline.frames,
          widthPx: chipPx(timeline, event),
        })),
        widthPx,
        lanes,
      ),
    [timeline, widthPx, lanes],
  );
  return (
    <div className="relative" style={{ height: lanes * LANE_PX }}>
      {chips.map((chip) => (
        <span
          key={`line${chip.events[0]}`}
          className="pointer-events-none absolute w-px bg-edge"
          style={{
            left: chip.anchorPx,
            top: chip.lane * LANE_PX + 24,
            height: (lanes - chip.lane) * LANE_PX - 24 + dropPx,
          }}
          aria-hidden
        />
      ))}
      {chips.map((chip) => (
        <Chip key={chip.events[0]} chip={chip} timeline={timeline} onSeek={onSeek} />
      ))}
    </div>
  );
});

function Chip({
  chip,
  timeline,
  onSeek,
}: {
  readonly chip: PlacedChip;
  readonly timeline: ReplayTimeline;
  readonly onSeek: (frame: number) => void;
}) {
  const events = chip.events.flatMap((index) => timeline.events[index] ?? []);
  const [first] = events;
  if (first === undefined) return null;
  const { Icon, tone } = eventLook(first.kind);
  const spoken = events.map((event) => `${clockOf(timeline, event)} ${event.text}`).join('\n');
  return (
    <button
      type="button"
      onClick={() => onSeek(first.frame)}
      title={spoken}
      aria-label={`Go to ${spoken}`}
      className="absolute flex h-6 items-center gap-1.5 overflow-hidden whitespace-nowrap rounded-md border border-edge bg-panel px-1.5 text-xs hover:border-dim"
      style={{ left: chip.leftPx, top: chip.lane * LANE_PX, width: chip.widthPx }}
    >
      <Icon size={13} className={`shrink-0 ${tone}`} aria-hidden />
      <span className="num shrink-0 text-muted text-2xs">{clockOf(timeline, first)}</span>
      <span className="min-w-0 flex-1 truncate text-left">{chipWords(first)}</span>
      {events.length > 1 && (
        <span className="num shrink-0 rounded bg-raise px-1 text-2xs text-muted">
          +{events.length - 1}
        </span>
      )}
    </button>
  );
}

function clockOf(timeline: ReplayTimeline, event: Event): string {
  const at = frameStart(timeline, event.frame);
  return timeline.frames < SECONDS_MATTER ? formatClock(at) : formatMinute(at);
}

/** The subject where it is short, e.g. "song → artist: shift began". */
function chipWords(event: Event): string {
  const { word } = eventLook(event.kind);
  const named = event.kind !== 'incident-opened' && event.kind !== 'resolved';
  return named && event.subject !== '' && event.subject.length <= MAX_SUBJECT
    ? `${word}, ${event.subject}`
    : word;
}

function chipPx(timeline: ReplayTimeline, event: Event): number {
  const clock = clockOf(timeline, event).length * CLOCK_LETTER_PX;
  return Math.min(MAX_CHIP_PX, chipWords(event).length * LETTER_PX + clock + CHIP_EXTRA_PX);
}
