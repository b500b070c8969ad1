'use client';

import { GitCommitHorizontal, Network, OctagonAlert, Server, Undo2 } from 'lucide-react';
import type { IncidentEventKind } from '#analysis/incident/incident.ts';
import { addNs, NS_PER_SECOND, secondOf, type UnixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { formatClock } from '#views/format/format-time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { type PlacedChip, placeChips } from '#views/replay/place-chips.ts';

/** Something that happened, on the time axis of the strip. */
export interface MapMark {
  readonly unixNano: UnixNano;
  readonly kind: 'release' | 'trouble' | 'shift' | 'back' | 'lost';
  readonly text: string;
  /** A tick at the axis instead of words: many of these come together. */
  readonly isTick: boolean;
}

const ICONS = {
  release: GitCommitHorizontal,
  trouble: OctagonAlert,
  shift: Network,
  back: Undo2,
  lost: Server,
} as const;
const TONES: Readonly<Record<MapMark['kind'], { readonly text: string; readonly line: string }>> = {
  release: { text: 'text-control', line: 'bg-control' },
  trouble: { text: 'text-crit', line: 'bg-crit' },
  shift: { text: 'text-dns', line: 'bg-dns' },
  back: { text: 'text-mesh', line: 'bg-mesh' },
  lost: { text: 'text-crit', line: 'bg-crit' },
};
const CHIP_PX = { perLetter: 6.1, extra: 34, max: 230 };
/** The moment of an event is shown with its first second: before it there is nothing to see of it. */
const AFTER_NS = NS_PER_SECOND;

const SPOKEN: Readonly<Partial<Record<IncidentEventKind, MapMark['kind']>>> = {
  'config-lost': 'trouble',
  'config-restored': 'back',
  'control-plane-lost': 'lost',
  'control-plane-restored': 'back',
  'failures-began': 'trouble',
  'slow-began': 'trouble',
  'client-stuck': 'trouble',
  'dns-failing': 'trouble',
  mitigated: 'back',
};

/** Marks of a snapshot: incident events and releases in words, one tick for each edge that moved. */
export function marksOf({
  map,
  openIncidents,
  shifts,
}: Omit<LiveSnapshot, 'freshness' | 'history' | 'takenUnixNano'>): readonly MapMark[] {
  const marks: MapMark[] = shifts.map((shift, i) => ({
    unixNano: shift.atUnixNano,
    kind: shift.direction === 'to-dns' ? 'shift' : 'back',
    text:
      shifts.findIndex((other) => other.direction === shift.direction) === i
        ? `${shift.client} → ${shift.server} ${shift.direction === 'to-dns' ? 'to DNS' : 'back to mesh'}`
        : '',
    isTick: shifts.findIndex((other) => other.direction === shift.direction) !== i,
  }));
  for (const release of map.controlPlane.releases) {
    const less = release.resourcesBefore - release.resourcesAfter;
    marks.push({
      unixNano: release.unixNano,
      kind: 'release',
      text:
        less > 0
          ? `${versionWord(release.version)}, −${less} resources`
          : `${versionWord(release.version)} released`,
      isTick: false,
    });
  }
  const said = new Set<string>();
  for (const event of openIncidents.flatMap((incident) => incident.events)) {
    const kind = SPOKEN[event.kind];
    if (kind === undefined) continue;
    // The first of a kind tells the story; its repetitions are for the incident's own page.
    const isTick = said.has(event.kind);
    said.add(event.kind);
    const text = event.text.includes(event.subject)
      ? event.text
      : `${event.subject}: ${event.text}`;
    marks.push({ unixNano: event.unixNano, kind, text, isTick });
  }
  return marks.toSorted((a, b) => (a.unixNano < b.unixNano ? -1 : 1));
}

/**
 * Chips above the plot with a line down to their second; a click shows the map of that moment. What has no room of its
 * own joins the nearest chip, which then says how many more it stands for: nothing is hidden without a trace.
 */
export function EventMarks({
  marks,
  startSecond,
  seconds,
  left,
  width,
  onMoment,
}: {
  readonly marks: readonly MapMark[];
  readonly startSecond: number;
  readonly seconds: number;
  readonly left: number;
  readonly width: number;
  readonly onMoment: (at: UnixNano) => void;
}) {
  const inside = marks.flatMap((mark) => {
    const at = (secondOf(mark.unixNano) - startSecond) / Math.max(1, seconds);
    return at < 0 || at > 1 ? [] : [{ mark, at }];
  });
  const spoken = inside.filter(({ mark }) => !mark.isTick);
  const chips = placeChips(
    spoken.map(({ mark, at }) => ({ at, widthPx: chipPx(mark), rank: WEIGHTS[mark.kind] })),
    width,
    1,
  );
  return (
    <div className="pointer-events-none absolute inset-y-0" style={{ left, width }}>
      {inside.map(({ mark, at }, i) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: marks have no state, and two may say the same at once
          key={`${mark.unixNano}${mark.kind}${i}`}
          className={`absolute w-px ${TONES[mark.kind].line} ${mark.isTick ? 'bottom-[14px] h-1.5 w-[3px]' : 'top-7 bottom-5 opacity-70'}`}
          style={{ left: at * width }}
        />
      ))}
      {chips.map((chip) => (
        <MarkChip
          key={chip.events[0]}
          chip={chip}
          marks={chip.events.flatMap((index) => spoken[index]?.mark ?? [])}
          onMoment={onMoment}
        />
      ))}
    </div>
  );
}

function MarkChip({
  chip,
  marks,
  onMoment,
}: {
  readonly chip: PlacedChip;
  /** The one that it names first. */
  readonly marks: readonly MapMark[];
  readonly onMoment: (at: UnixNano) => void;
}) {
  const [first] = marks;
  if (first === undefined) return null;
  const spoken = marks.map((mark) => `${formatClock(mark.unixNano)} ${mark.text}`).join('\n');
  return (
    <button
      type="button"
      title={spoken}
      aria-label={`Show the map at ${spoken}`}
      onClick={() => onMoment(addNs(first.unixNano, AFTER_NS))}
      // A press here is no start of a brush.
      onPointerDown={(event) => event.stopPropagation()}
      className="pointer-events-auto absolute top-1 flex h-6 cursor-pointer items-center gap-1.5 overflow-hidden whitespace-nowrap rounded-md border border-edge bg-raise px-1.5 text-xs hover:border-dim"
      style={{ left: chip.leftPx, width: chip.widthPx }}
    >
      <MarkIcon kind={first.kind} />
      <span className="min-w-0 flex-1 truncate text-left">{first.text}</span>
      {marks.length > 1 && (
        <span className="num shrink-0 rounded bg-panel px-1 text-2xs text-muted">
          +{marks.length - 1}
        </span>
      )}
    </button>
  );
}

function MarkIcon({ kind }: { readonly kind: MapMark['kind'] }) {
  const Icon = ICONS[kind];
  return <Icon size={12} className={`shrink-0 ${TONES[kind].text}`} aria-hidden />;
}

/** Who gets the room for words first. */
const WEIGHTS: Readonly<Record<MapMark['kind'], number>> = {
  lost: 0,
  trouble: 1,
  shift: 2,
  release: 3,
  back: 4,
};

function chipPx(mark: MapMark): number {
  return Math.min(CHIP_PX.max, mark.text.length * CHIP_PX.perLetter + CHIP_PX.extra);
}
