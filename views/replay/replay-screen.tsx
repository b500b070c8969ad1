'use client';

import { List, Waypoints } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useRef, useState, useTransition } from 'react';
import type { Incident } from '#analysis/incident/incident.ts';
import { frameStart, mapAtFrame } from '#analysis/replay/map-at-frame.ts';
import { mostFailedServices } from '#analysis/replay/most-failed-services.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import type { MapLayout, ServiceMap } from '#analysis/service-map/service-map.ts';
import { elapsedNs, type UnixNano } from '#telemetry/time.ts';
import { formatDateTime, formatOffset } from '#views/format/format-time.ts';
import { IncidentHeader } from '#views/incidents/incident-header.tsx';
import { ExportMenu } from '#views/map-picture/export-menu.tsx';
import type { Speed } from '#views/replay/playback.ts';
import { ReplayStory } from '#views/replay/replay-story.tsx';
import { ReplayTimelineView } from '#views/replay/replay-timeline.tsx';
import { seenAtFrame } from '#views/replay/seen-at-frame.ts';
import { Transport } from '#views/replay/transport.tsx';
import { useReplay } from '#views/replay/use-replay.ts';
import { GroupPicker } from '#views/service-map/group-picker.tsx';
import { Inspector } from '#views/service-map/inspector.tsx';
import { MapLegend } from '#views/service-map/map-legend.tsx';
import {
  type MapSelection,
  parseSelection,
  toSelectionText,
} from '#views/service-map/map-selection.ts';
import { MapSummary } from '#views/service-map/map-summary.tsx';
import { MapTable } from '#views/service-map/map-table.tsx';
import { jsonOf } from '#views/service-map/picture-words.ts';
import { ServiceMapView } from '#views/service-map/service-map.tsx';
import { type MapGroups, useMapGroups } from '#views/service-map/use-map-groups.ts';
import { useMapLayout } from '#views/service-map/use-map-layout.ts';
import { IconButton } from '#views/shell/button.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import { useUrlState } from '#views/shell/use-url-state.ts';

const LOW_SCREEN = '(max-height: 820px)';
/** Up to so many nodes fit without groups at any size: the picker would only take room. */
const WORTH_GROUPING = 12;
/** Of services in groups, so many are shown by name all the time: those that failed most in the whole replay. */
const MAX_NAMED = 24;

export interface ReplayScreenProps {
  readonly incident: Incident;
  readonly timeline: ReplayTimeline;
  /** Databases that gave no part of it. */
  readonly missing?: readonly string[];
  /** The frame that the address asks for, else that of the first evidence. */
  readonly startFrame: number;
  readonly startSpeed: Speed;
}

/** Any second of the incident, with everything that was known then. The frame is the only state; all else follows. */
export function ReplayScreen(props: ReplayScreenProps) {
  const { incident, timeline, startFrame, startSpeed } = props;
  const replay = useReplay(timeline, startFrame, startSpeed);
  const { frame } = replay;
  const map = useMemo(() => mapAtFrame(timeline, frame), [timeline, frame]);
  const { selection, select, isTable, toggleTable } = useReplayAddress();
  const named = useMemo(() => mostFailedServices(timeline, MAX_NAMED), [timeline]);
  const { by, setBy, groups } = useMapGroups(map, selection, named);
  const drawn = groups?.map ?? map;
  const layout = useMapLayout(drawn, groups !== undefined);
  const seen = useMemo(() => seenAtFrame(timeline, frame, selection), [timeline, frame, selection]);
  const newest = useNewest(incident, timeline.frames, replay.seek);
  const isLow = useMedia(LOW_SCREEN);
  const at = frameStart(timeline, frame);
  return (
    <>
      <IncidentHeader incident={incident} tab="replay" />
      <MissingNotice missing={props.missing} />
      <div className="relative flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <div className="flex">
            <div className="min-w-0 flex-1">
              <MapSummary map={map} />
            </div>
            <div className="flex h-9 shrink-0 items-center gap-1 border-line border-b px-2">
              {(groups !== undefined || map.nodes.length > WORTH_GROUPING) && (
                <GroupPicker by={by} onChange={setBy} />
              )}
              <ExportMenu
                source={() => ({ ...pictureWords(incident, at), map: drawn, layout, groups })}
                window={map.window}
                json={jsonOf(map.window)}
              />
              <IconButton name={isTable ? 'Show as map' : 'Show as table'} onClick={toggleTable}>
                {isTable ? <Waypoints size={15} aria-hidden /> : <List size={15} aria-hidden />}
              </IconButton>
            </div>
          </div>
          <MapOrTable
            map={isTable ? map : drawn}
            layout={layout}
            groups={groups}
            isTable={isTable}
            isPlaying={replay.isPlaying}
            selection={selection}
            onSelect={select}
          />
          {!isLow && <MapLegend map={map} />}
        </div>
        <Aside
          map={map}
          timeline={timeline}
          frame={frame}
          seen={seen}
          groups={groups}
          selection={selection}
          onSelect={select}
          onSeek={replay.seek}
        />
      </div>
      <Transport
        at={at}
        offsetNs={elapsedNs(incident.startUnixNano, at)}
        isPlaying={replay.isPlaying}
        speed={replay.speed}
        onToggle={replay.toggle}
        onEvent={replay.toEvent}
        onSpeed={replay.changeSpeed}
        onNewest={newest}
      />
      <ReplayTimelineView
        timeline={timeline}
        frame={frame}
        isLow={isLow}
        onScrub={replay.scrub}
        onRelease={replay.release}
        onSeek={replay.seek}
      />
    </>
  );
}

/** Loads the seconds that came since and goes to the last; undefined once the incident is over. */
function useNewest(
  incident: Incident,
  frames: number,
  seek: (frame: number) => void,
): (() => void) | undefined {
  const router = useRouter();
  const [isAsked, setAsked] = useState(false);
  const [, startTransition] = useTransition();
  const known = useRef(frames);
  useEffect(() => {
    if (known.current === frames) return;
    known.current = frames;
    if (!isAsked) return;
    setAsked(false);
    seek(frames - 1);
  }, [frames, isAsked, seek]);
  if (incident.endUnixNano !== undefined) return undefined;
  return () => {
    setAsked(true);
    startTransition(() => router.refresh());
  };
}

function MapOrTable({
  map,
  layout,
  groups,
  isTable,
  isPlaying,
  selection,
  onSelect,
}: {
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  readonly groups: MapGroups | undefined;
  readonly isTable: boolean;
  readonly isPlaying: boolean;
  readonly selection: MapSelection | undefined;
  readonly onSelect: (selection: MapSelection | undefined) => void;
}) {
  if (isTable) {
    return <MapTable map={map} kept={undefined} selection={selection} onSelect={onSelect} />;
  }
  return (
    <ServiceMapView
      map={map}
      layout={layout}
      groups={groups}
      selection={selection}
      onSelect={onSelect}
      isMoving={isPlaying}
    />
  );
}

/** The selected thing as it was then; how it came while nothing is selected. */
function Aside({
  map,
  timeline,
  frame,
  seen,
  groups,
  selection,
  onSelect,
  onSeek,
}: {
  readonly map: ServiceMap;
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  readonly seen: ReturnType<typeof seenAtFrame>;
  readonly groups: MapGroups | undefined;
  readonly selection: MapSelection | undefined;
  readonly onSelect: (selection: MapSelection | undefined) => void;
  readonly onSeek: (frame: number) => void;
}) {
  if (selection !== undefined) {
    return (
      <Inspector
        map={map}
        selection={selection}
        seen={seen}
        isPast
        groups={groups}
        onSelect={onSelect}
      />
    );
  }
  return (
    <aside
      aria-label="Story"
      className="flex w-[348px] shrink-0 flex-col overflow-y-auto border-line border-l bg-panel max-[1100px]:w-[264px]"
    >
      <ReplayStory timeline={timeline} frame={frame} onSeek={onSeek} />
    </aside>
  );
}

/** What a picture of this second says about itself. */
function pictureWords(incident: Incident, at: UnixNano) {
  return {
    title: `INC-${incident.number} ${incident.title}`,
    when: formatDateTime(at),
    note: formatOffset(elapsedNs(incident.startUnixNano, at)),
  };
}

function useReplayAddress() {
  const [params, change] = useUrlState();
  const text = params.get('sel');
  const isTable = params.get('view') === 'table';
  const selection = useMemo(() => parseSelection(text), [text]);
  const actions = useMemo(
    () => ({
      select: (next: MapSelection | undefined) =>
        change({ sel: next === undefined ? undefined : toSelectionText(next) }),
      toggleTable: () => change({ view: isTable ? undefined : 'table' }),
    }),
    [change, isTable],
  );
  useKeys(
    'Replay',
    useMemo(
      () => [
        { keys: 'Escape', label: 'Close the inspector', run: () => actions.select(undefined) },
        { keys: 'v', label: 'Map or table', run: actions.toggleTable },
      ],
      [actions],
    ),
  );
  return { selection, isTable, ...actions };
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(false);
  useEffect(() => {
    const media = window.matchMedia(query);
    const read = () => setMatches(media.matches);
    read();
    media.addEventListener('change', read);
    return () => media.removeEventListener('change', read);
  }, [query]);
  return matches;
}
