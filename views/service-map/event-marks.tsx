'use client';

import { GitCommitHorizontal, Network, OctagonAlert, Server, Undo2 } from 'lucide-react';
import type { IncidentEventKind } from '#analysis/incident/incident.ts';
import { secondOf, type UnixNano } from '#telemetry/time.ts';
import { formatClock } from '#views/format/format-time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';

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
const CHIP_PX = { perLetter: 6.1, extra: 34, gap: 6, max: 230 };

const SPOKEN: Readonly<Partial<Record<IncidentEventKind, MapMark['kind']>>> = {
  'config-lost': 'trouble',
  'config-restored': 'back',
  'control-plane-lost': 'lost',
  'control-plane-restored': 'back',
  'failures-began': 'trouble',
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
      text: less > 0 ? `${release.version}, −${less} resources` : `${release.version} released`,
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

/** Chips above the plot with a line down to their second; a chip without room becomes a line with a title. */
export function EventMarks({
  marks,
  startSecond,
  seconds,
  left,
  width,
}: {
  readonly marks: readonly MapMark[];
  readonly startSecond: number;
  readonly seconds: number;
  readonly left: number;
  readonly width: number;
}) {
  const placed = placeMarks(marks, startSecond, seconds, width);
  return (
    <div className="pointer-events-none absolute inset-y-0" style={{ left, width }}>
      {placed.map(({ mark, x, chipLeft }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: marks have no state, and two may say the same at once
        <div key={`${mark.unixNano}${mark.kind}${i}`}>
          <span
            className={`absolute w-px ${TONES[mark.kind].line} ${mark.isTick ? 'bottom-[14px] h-1.5 w-[3px]' : 'top-7 bottom-5 opacity-70'}`}
            style={{ left: x }}
          />
          {chipLeft !== undefined && (
            <span
              className="absolute top-1.5 flex h-[22px] items-center gap-1.5 overflow-hidden whitespace-nowrap rounded-md border border-edge bg-raise px-1.5 text-xs"
              style={{ left: chipLeft, maxWidth: CHIP_PX.max }}
              title={`${formatClock(mark.unixNano)} ${mark.text}`}
            >
              <MarkIcon kind={mark.kind} />
              <span className="truncate">{mark.text}</span>
            </span>
          )}
        </div>
      ))}
    </div>
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

interface PlacedMark {
  readonly mark: MapMark;
  readonly x: number;
  /** undefined: no room for words. */
  readonly chipLeft: number | undefined;
}

function placeMarks(
  marks: readonly MapMark[],
  startSecond: number,
  seconds: number,
  width: number,
): readonly PlacedMark[] {
  const taken: { readonly from: number; readonly to: number }[] = [];
  const inOrder = marks.toSorted((a, b) => WEIGHTS[a.kind] - WEIGHTS[b.kind]);
  return inOrder.flatMap((mark): readonly PlacedMark[] => {
    const x = ((secondOf(mark.unixNano) - startSecond) / Math.max(1, seconds)) * width;
    if (x < 0 || x > width) return [];
    const chip = Math.min(CHIP_PX.max, mark.text.length * CHIP_PX.perLetter + CHIP_PX.extra);
    const from = Math.max(0, Math.min(x - 10, width - chip));
    const to = from + chip + CHIP_PX.gap;
    const isFree = taken.every((other) => to <= other.from || from >= other.to);
    if (mark.isTick || !isFree) return [{ mark, x, chipLeft: undefined }];
    taken.push({ from, to });
    return [{ mark, x, chipLeft: from }];
  });
}
