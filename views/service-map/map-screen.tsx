'use client';

import { ChevronLeft, ChevronRight, List, Waypoints } from 'lucide-react';
import { type ReactNode, useCallback, useMemo } from 'react';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { secondOf } from '#telemetry/time.ts';
import { formatDateTime, formatWindow } from '#views/format/format-time.ts';
import type { SeenHistory } from '#views/live/edge-history.ts';
import { IncidentBadge } from '#views/live/incident-badge.tsx';
import { LiveClock } from '#views/live/live-clock.tsx';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { useLive } from '#views/live/use-live.ts';
import { ExportMenu } from '#views/map-picture/export-menu.tsx';
import { ButtonLink, IconButton } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import { Notice } from '#views/shell/notice.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import { useUrlState } from '#views/shell/use-url-state.ts';
import { TimeMenu } from '#views/time/time-menu.tsx';
import { COLOURS, edgeLevels, parseColourBy } from './edge-levels.ts';
import { marksOf } from './event-marks.tsx';
import { FindBar, FindPresets } from './find-bar.tsx';
import { findEdges } from './find-edges.ts';
import { GroupPicker } from './group-picker.tsx';
import { cutHistory } from './history-rows.ts';
import { HistoryStrip } from './history-strip.tsx';
import { Inspector } from './inspector.tsx';
import { MapLegend } from './map-legend.tsx';
import { type MapSelection, parseSelection, toSelectionText } from './map-selection.ts';
import { MapSummary } from './map-summary.tsx';
import { MapTable } from './map-table.tsx';
import { jsonOf, noteOf, wordsOfTime } from './picture-words.ts';
import { ServiceMapView } from './service-map.tsx';
import { type MapGroups, useMapGroups } from './use-map-groups.ts';
import { useMapLayout } from './use-map-layout.ts';
import { type MapTime, useMapRange } from './use-map-range.ts';

/** The live map, or the map of the time that the address names. */
export function MapScreen({
  initial,
  time,
}: {
  /** As the server saw it: shown until the stream speaks, and all there is of a fixed time. */
  readonly initial: LiveSnapshot;
  readonly time: MapTime | undefined;
}) {
  const live = useLive();
  const newest = time === undefined ? (live.snapshot ?? initial) : initial;
  const range = useMapRange(time, newest);
  const { snapshot, isPaused } = range;
  const { map } = snapshot;
  const state = useMapState(map);
  const { by, setBy, groups } = useMapGroups(map, state.selection);
  const drawn = groups?.map ?? map;
  const layout = useMapLayout(drawn, groups !== undefined);
  const { history, marks } = useStrip(snapshot, time !== undefined);
  const levels = useMemo(() => edgeLevels(drawn, state.colourBy), [drawn, state.colourBy]);
  const kept = state.found.kind === 'some' ? state.found.edges : undefined;
  const keptDrawn = useMemo(() => drawnEdges(kept, groups), [kept, groups]);
  const title = isPaused ? 'Map' : 'Live map';
  const words = { title, when: wordsOfTime(time, map.window), note: noteOf(state) };
  const pictured = () => ({ ...words, map: drawn, layout, groups, kept: keptDrawn, levels });
  return (
    <>
      <Header
        title={title}
        right={
          <>
            <MapTimes time={time} range={range} />
            <LiveClock isPaused={isPaused} onToggle={range.togglePause} />
          </>
        }
      >
        <IncidentBadge />
      </Header>
      {live.link === 'polling' && time === undefined && (
        <Notice>The live stream does not open. The map is asked for every 5 s instead.</Notice>
      )}
      <MissingNotice missing={snapshot.missing} />
      <Toolbar map={map} state={state}>
        <GroupPicker by={by} onChange={setBy} />
        <ExportMenu source={pictured} window={map.window} json={jsonOf(map.window)} />
      </Toolbar>
      <div className="relative flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <MapSummary map={map} />
          {map.nodes.length === 0 ? (
            <NoCalls />
          ) : state.isTable ? (
            <MapTable map={map} kept={kept} selection={state.selection} onSelect={state.select} />
          ) : (
            <ServiceMapView
              map={drawn}
              layout={layout}
              selection={state.selection}
              onSelect={state.select}
              kept={keptDrawn}
              groups={groups}
              levels={levels}
              isMoving={!isPaused}
            />
          )}
          <MapLegend map={map} />
          <HistoryStrip
            history={history}
            marks={marks}
            shown={isPaused ? map.window : undefined}
            onBrush={range.showRange}
            onMoment={range.showMoment}
          />
        </div>
        <div
          className={
            state.selection === undefined
              ? 'hidden min-h-0 xl:flex'
              : 'absolute inset-y-0 right-0 z-10 flex min-h-0 shadow-pop xl:static xl:shadow-none'
          }
        >
          <Inspector
            map={map}
            selection={state.selection}
            seen={isPaused ? NOT_SEEN : live.seen}
            isPast={isPaused}
            groups={groups}
            onSelect={state.select}
          />
        </div>
      </div>
    </>
  );
}

/** The time on the screen, and the ways to another one. */
function MapTimes({
  time,
  range,
}: {
  readonly time: MapTime | undefined;
  readonly range: ReturnType<typeof useMapRange>;
}) {
  const { window } = range.snapshot.map;
  return (
    <>
      {range.isPaused && (
        <span className="flex">
          <IconButton name="Earlier" onClick={() => range.step(-1)}>
            <ChevronLeft size={15} aria-hidden />
          </IconButton>
          <IconButton name="Later" onClick={() => range.step(1)}>
            <ChevronRight size={15} aria-hidden />
          </IconButton>
        </span>
      )}
      <TimeMenu window={window} onMoment={range.showMoment} onRange={range.showRange}>
        {time?.kind === 'moment' ? formatDateTime(time.at) : formatWindow(window)}
      </TimeMenu>
    </>
  );
}

function NoCalls() {
  return (
    <div className="ground-dots min-h-0 flex-1">
      <EmptyState
        icon={<Waypoints size={20} aria-hidden />}
        title="No service has called another lately"
        action={<ButtonLink href="/traces">Look at earlier traces</ButtonLink>}
      >
        The map shows the last five minutes. It draws itself again with the next call.
      </EmptyState>
    </div>
  );
}

/** What this tab has seen of the present says nothing about another time. */
const NOT_SEEN: SeenHistory = new Map();

const STRIP_SECONDS = 180;

/** Anew once a second, not with every event: charts are the dearest thing on the screen. */
function useStrip(snapshot: LiveSnapshot, isFixed: boolean) {
  const endSecond = secondOf(snapshot.map.window.endUnixNano);
  const key = `${endSecond} ${snapshot.openIncidents.length} ${snapshot.shifts.length}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the parts of `snapshot` that change the strip
  return useMemo(
    () => ({
      history: isFixed ? snapshot.history : cutHistory(snapshot.history, endSecond, STRIP_SECONDS),
      marks: marksOf(snapshot),
    }),
    [key, isFixed],
  );
}

type MapState = ReturnType<typeof useMapState>;

function Toolbar({
  map,
  state,
  children,
}: {
  readonly map: ServiceMap;
  readonly state: MapState;
  readonly children: ReactNode;
}) {
  return (
    <div className="flex h-11 shrink-0 items-center gap-2 border-line border-b px-4">
      <FindBar map={map} text={state.find} found={state.found} onChange={state.setFind} />
      <FindPresets map={map} text={state.find} onChange={state.setFind} />
      <span className="hidden items-center gap-2 min-[1360px]:flex">
        <span className="ml-1 text-muted text-sm" aria-hidden>
          Colour
        </span>
        <Segmented
          name="Colour edges by"
          value={state.colourBy}
          options={COLOURS}
          onChange={state.setColourBy}
        />
      </span>
      {children}
      <IconButton
        name={state.isTable ? 'Show as map' : 'Show as table'}
        onClick={state.toggleTable}
        className="border border-edge"
      >
        {state.isTable ? <Waypoints size={15} aria-hidden /> : <List size={15} aria-hidden />}
      </IconButton>
    </div>
  );
}

/** Everything that a reader may want to share stands in the address. */
function useMapState(map: ServiceMap) {
  const [params, change] = useUrlState();
  const find = params.get('find') ?? '';
  const selectionText = params.get('sel');
  const selection = useMemo(() => parseSelection(selectionText), [selectionText]);
  const colourBy = parseColourBy(params.get('colour'));
  const isTable = params.get('view') === 'table';
  const found = useMemo(() => findEdges(find, map), [find, map]);
  const setFind = useCallback((text: string) => change({ find: text }), [change]);
  const select = useCallback(
    (next: MapSelection | undefined) =>
      change({ sel: next === undefined ? undefined : toSelectionText(next) }),
    [change],
  );
  const setColourBy = useCallback(
    (value: string) => change({ colour: value === 'routing' ? undefined : value }),
    [change],
  );
  const toggleTable = useCallback(
    () => change({ view: isTable ? undefined : 'table' }),
    [change, isTable],
  );
  useKeys(
    'Map',
    useMemo(
      () => [
        { keys: 'Escape', label: 'Close the inspector', run: () => select(undefined) },
        {
          keys: 'e',
          label: 'Only errors',
          run: () => setFind(find === 'failing' ? '' : 'failing'),
        },
        { keys: 'v', label: 'Map or table', run: toggleTable },
        ...COLOURS.map((colour, i) => ({
          keys: String(i + 1),
          label: `Colour by ${colour.label.toLowerCase()}`,
          run: () => setColourBy(colour.value),
        })),
      ],
      [select, setFind, find, toggleTable, setColourBy],
    ),
  );
  return { find, found, selection, colourBy, isTable, setFind, select, setColourBy, toggleTable };
}

/** What is kept, as it is drawn: a bundle is kept when one of its edges is. */
function drawnEdges(
  kept: ReadonlySet<string> | undefined,
  groups: MapGroups | undefined,
): ReadonlySet<string> | undefined {
  if (kept === undefined || groups === undefined) return kept;
  return new Set([...kept].flatMap((id) => groups.bundleOf.get(id) ?? []));
}
