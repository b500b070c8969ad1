'use client';

import { memo, useMemo } from 'react';
import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatClock, formatMinute } from '#views/format/format-time.ts';
import { eventLook } from '#views/incidents/event-look.ts';
import { groupEvents, type PlacedChip, placeChips } from '#views/replay/place-chips.ts';

export const LANE_PX = 27;
const LETTER_PX = 6.3;
const CLOCK_LETTER_PX = 7;
const CHIP_EXTRA_PX = 36;
const MAX_CHIP_PX = 210;
const MAX_SUBJECT = 20;
/** Below this many frames minutes alone would be the same on every chip. */
const SECONDS_MATTER = 3600;

/** Events of one kind closer than this stand on one chip. */
const MIN_APART = 2;
const APART_SHARE = 0.02;

type Event = ReplayTimeline['events'][number];
type Group = readonly Event[];

/** Turns of the story before what follows from them. */
const RANKS: Readonly<Record<Event['kind'], number>> = {
  'config-lost': 0,
  'control-plane-lost': 0,
  mitigated: 0,
  'incident-opened': 1,
  'shift-began': 1,
  'config-restored': 1,
  'control-plane-restored': 1,
  'client-stuck': 1,
  resolved: 1,
  'failures-began': 2,
  'slow-began': 2,
  'push-rejected': 2,
  'push-accepted': 3,
  'push-held-back': 2,
  'push-fatal': 1,
  'push-survived': 3,
  'clients-cut-off': 1,
  'clients-back': 3,
  'version-regressed': 2,
  'dns-failing': 2,
  'shift-half': 2,
  release: 3,
  'failures-ended': 3,
  'slow-ended': 3,
  'shift-ended': 3,
};

/** The kinds of which it matters whose they are. */
const NAMED: ReadonlySet<Event['kind']> = new Set([
  'shift-began',
  'shift-ended',
  'failures-began',
  'failures-ended',
  'slow-began',
  'slow-ended',
  'client-stuck',
  'push-rejected',
  'push-fatal',
  'clients-cut-off',
]);

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
  const groups = useMemo(() => chipGroups(timeline), [timeline]);
  const chips = useMemo(
    () =>
      placeChips(
        groups.map((group) => ({
          at: ((group[0]?.frame ?? 0) + 0.5) / timeline.frames,
          widthPx: chipPx(timeline, group),
          rank: RANKS[group[0]?.kind ?? 'release'],
        })),
        widthPx,
        lanes,
      ),
    [timeline, groups, widthPx, lanes],
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
        <Chip
          key={chip.events[0]}
          chip={chip}
          groups={groups}
          timeline={timeline}
          onSeek={onSeek}
        />
      ))}
    </div>
  );
});

/** What happened before the replay begins has no place on it. */
function chipGroups(timeline: ReplayTimeline): readonly Group[] {
  const start = frameStart(timeline, 0);
  const inside = timeline.events.filter((event) => event.unixNano >= start);
  return groupEvents(inside, Math.max(MIN_APART, timeline.frames * APART_SHARE));
}

function Chip({
  chip,
  groups,
  timeline,
  onSeek,
}: {
  readonly chip: PlacedChip;
  readonly groups: readonly Group[];
  readonly timeline: ReplayTimeline;
  readonly onSeek: (frame: number) => void;
}) {
  const all = chip.events.map((index) => groups[index] ?? []);
  const [group] = all;
  const first = group?.[0];
  if (group === undefined || first === undefined) return null;
  const { Icon, tone } = eventLook(first.kind);
  const events = all.flat();
  const spoken = events
    .map((event) => `${clockOf(timeline, event)} ${event.subject} ${event.text}`)
    .join('\n');
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
      <span className="num shrink-0 text-2xs text-muted">{clockOf(timeline, first)}</span>
      <span className="min-w-0 flex-1 truncate text-left">{chipWords(group)}</span>
      {all.length > 1 && (
        <span className="num shrink-0 rounded bg-raise px-1 text-2xs text-muted">
          +{events.length - group.length}
        </span>
      )}
    </button>
  );
}

function clockOf(timeline: ReplayTimeline, event: Event): string {
  const at = frameStart(timeline, event.frame);
  return timeline.frames < SECONDS_MATTER ? formatClock(at) : formatMinute(at);
}

/** "Shift began, song → artist", "Failures began ×5": the subject where there is one and it is short. */
function chipWords(group: Group): string {
  const [first] = group;
  if (first === undefined) return '';
  const { word } = eventLook(first.kind);
  if (group.length > 1) return `${word} ×${group.length}`;
  const isNamed = NAMED.has(first.kind) && first.subject !== '';
  return isNamed && first.subject.length <= MAX_SUBJECT ? `${word}, ${first.subject}` : word;
}

function chipPx(timeline: ReplayTimeline, group: Group): number {
  const [first] = group;
  if (first === undefined) return 0;
  const clock = clockOf(timeline, first).length * CLOCK_LETTER_PX;
  return Math.min(MAX_CHIP_PX, chipWords(group).length * LETTER_PX + clock + CHIP_EXTRA_PX);
}
