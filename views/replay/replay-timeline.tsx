'use client';

import { memo, type PointerEvent, type RefObject, useMemo, useRef } from 'react';
import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatCompact, formatPercent } from '#views/format/format-number.ts';
import { formatClock, formatDuration, formatMinute } from '#views/format/format-time.ts';
import { EventLanes, LANE_PX } from '#views/replay/event-lanes.tsx';
import { replayFigures } from '#views/replay/replay-figures.ts';
import { type Phase, phasesOf } from '#views/replay/replay-phases.ts';
import {
  callsAt,
  failedAt,
  p95MsAt,
  type ReplaySeries,
  replaySeries,
} from '#views/replay/replay-series.ts';
import { RoutingArea } from '#views/replay/routing-area.tsx';
import {
  CLIENT_STATES,
  clientState,
  SERVER_STATES,
  StateStrip,
} from '#views/replay/state-strip.tsx';
import { FigureTable } from '#views/shell/figure-table.tsx';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { Strip } from '#views/shell/strip.tsx';
import { useSize } from '#views/shell/use-size.ts';
import { routingLook } from '#views/theme/routing-look.ts';

const PHASE_PX = 22;
const STRIP_PX = 18;
const AXIS_PX = 24;
const TICKS = 10;

interface TimelineProps {
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  /** Short windows get fewer lanes and a lower area. */
  readonly isLow: boolean;
  readonly onScrub: (frame: number) => void;
  readonly onRelease: () => void;
  readonly onSeek: (frame: number) => void;
}

/** The whole incident on one clock: phases, events, calls by routing, failures, latency, and who said what. */
export function ReplayTimelineView(props: TimelineProps) {
  const { timeline, frame, isLow } = props;
  const series = useMemo(() => replaySeries(timeline), [timeline]);
  const plot = useRef<HTMLDivElement>(null);
  const { width } = useSize(plot);
  const lanes = isLow ? 2 : 3;
  const areaPx = isLow ? 56 : 76;
  return (
    <section aria-label="Timeline" className="flex shrink-0 bg-panel pr-4 pb-1">
      <Gutter {...props} series={series} topPx={PHASE_PX + lanes * LANE_PX} areaPx={areaPx} />
      <div ref={plot} className="relative min-w-0 flex-1">
        {width > 0 && (
          <>
            <Still
              timeline={timeline}
              series={series}
              widthPx={width}
              lanes={lanes}
              areaPx={areaPx}
              onSeek={props.onSeek}
            />
            <Playhead {...props} plot={plot} headPx={PHASE_PX + lanes * LANE_PX} />
            <Axis timeline={timeline} frame={frame} />
          </>
        )}
      </div>
    </section>
  );
}

/** What does not change while the playhead moves. */
const Still = memo(function Still({
  timeline,
  series,
  widthPx,
  lanes,
  areaPx,
  onSeek,
}: {
  readonly timeline: ReplayTimeline;
  readonly series: ReplaySeries;
  readonly widthPx: number;
  readonly lanes: number;
  readonly areaPx: number;
  readonly onSeek: (frame: number) => void;
}) {
  const clients = useMemo(
    () =>
      timeline.clientsInTrouble.map((troubled, frame) =>
        clientState(troubled, timeline.clientsSeen[frame] ?? 0),
      ),
    [timeline],
  );
  return (
    <>
      <Phases phases={phasesOf(timeline)} frames={timeline.frames} />
      <div className="relative z-20">
        <EventLanes
          timeline={timeline}
          widthPx={widthPx}
          lanes={lanes}
          dropPx={areaPx}
          onSeek={onSeek}
        />
      </div>
      <div
        role="img"
        aria-label="Calls per second between services, by routing mode"
        className="relative"
      >
        <RoutingArea series={series} widthPx={widthPx} heightPx={areaPx} />
        <span className="num absolute top-0.5 right-0 rounded-sm bg-panel/80 px-1 text-2xs text-muted">
          {formatCompact(topOf(series))}/s
        </span>
      </div>
      <div className="flex flex-col gap-1 pt-1">
        <Strip values={series.failed} max={1} tone="crit" label="Share of failed calls" />
        <Strip values={series.p95Ms} tone="warn" label="p95 of what users waited" />
        <StateStrip
          values={timeline.serverSays}
          states={SERVER_STATES}
          label="The control plane says"
        />
        <StateStrip values={clients} states={CLIENT_STATES} label="Its clients see" />
      </div>
    </>
  );
});

/** The highest sum of the stack. */
function topOf(series: ReplaySeries): number {
  const sums = series.failed.map((_, bin) =>
    series.modes.reduce((sum, mode) => sum + (series.calls[mode]?.[bin] ?? 0), 0),
  );
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}

const GROUNDS: Readonly<Record<Phase['tone'], string>> = {
  plain: '',
  crit: 'bg-crit-fill',
  dns: 'bg-dns-fill',
  ok: 'bg-ok-fill',
};
/** A narrower phase has its name on hover only. */
const MIN_NAME_SHARE = 0.045;

function Phases({
  phases,
  frames,
}: {
  readonly phases: readonly Phase[];
  readonly frames: number;
}) {
  return (
    <ol className="relative text-muted text-xs" style={{ height: PHASE_PX }} aria-label="Phases">
      {phases.map((phase) => (
        <li
          key={phase.name}
          title={phase.name}
          className="absolute inset-y-0 overflow-hidden whitespace-nowrap border-edge border-l pt-[3px] pl-1.5"
          style={{
            left: `${(phase.from / frames) * 100}%`,
            width: `${((phase.to - phase.from) / frames) * 100}%`,
          }}
        >
          <span className={`absolute inset-0 ${GROUNDS[phase.tone]}`} aria-hidden />
          <span
            className={(phase.to - phase.from) / frames < MIN_NAME_SHARE ? 'sr-only' : 'relative'}
          >
            {phase.name}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Names of the rows, with their values at the playhead. */
function Gutter({
  timeline,
  frame,
  series,
  topPx,
  areaPx,
}: TimelineProps & {
  readonly series: ReplaySeries;
  readonly topPx: number;
  readonly areaPx: number;
}) {
  const failed = failedAt(timeline, frame);
  const seen = timeline.clientsSeen[frame] ?? 0;
  const troubled = timeline.clientsInTrouble[frame] ?? 0;
  return (
    <div className="w-[190px] shrink-0 pl-4 text-xs">
      <div
        className="flex items-start justify-between pt-1 pr-4 text-muted"
        style={{ height: topPx - 20 }}
      >
        Events
        <FigureTable name="Timeline" read={() => replayFigures(timeline, series)} />
      </div>
      <div className="overflow-hidden" style={{ height: areaPx + 20 }}>
        <h2 className="font-medium">Calls by routing</h2>
        <dl>
          {series.modes.toReversed().map((mode) => (
            <div key={mode} className="flex items-center gap-1.5 pr-4 leading-[15px]">
              <RoutingMark mode={mode} />
              <dt className="truncate text-muted">{routingLook(mode).label}</dt>
              <dd className="num ml-auto">{formatCompact(callsAt(timeline, frame, mode))}/s</dd>
            </div>
          ))}
        </dl>
      </div>
      <dl className="pt-1">
        <Value label="Failed calls" isBad={failed >= 0.01}>
          {formatPercent(failed)}
        </Value>
        <Value label="p95 for users">{formatDuration(p95MsAt(timeline, frame) * 1e6)}</Value>
        <Value label="Control says" isBad={(timeline.serverSays[frame] ?? 0) > 1}>
          {SERVER_STATES[timeline.serverSays[frame] ?? 0]?.word ?? ''}
        </Value>
        <Value label="Clients see" isBad={troubled > 0}>
          {seen === 0
            ? 'nothing'
            : troubled === 0
              ? 'all well'
              : `${troubled} of ${seen} in trouble`}
        </Value>
      </dl>
    </div>
  );
}

function Value({
  label,
  isBad = false,
  children,
}: {
  readonly label: string;
  readonly isBad?: boolean;
  readonly children: string;
}) {
  return (
    <div className="flex items-center justify-between gap-2 pr-4" style={{ height: STRIP_PX }}>
      <dt className="shrink-0 text-muted">{label}</dt>
      <dd className={`tabular truncate ${isBad ? 'text-crit-text' : ''}`} title={children}>
        {children}
      </dd>
    </div>
  );
}

/** The line of the moment shown. Everything below the event chips is a track to drag on. */
function Playhead({
  timeline,
  frame,
  plot,
  headPx,
  onScrub,
  onRelease,
}: TimelineProps & {
  readonly plot: RefObject<HTMLDivElement | null>;
  readonly headPx: number;
}) {
  const leftPct = ((frame + 0.5) / timeline.frames) * 100;
  const frameAt = (event: PointerEvent): number => {
    const area = plot.current?.getBoundingClientRect();
    if (area === undefined) return frame;
    return Math.floor(((event.clientX - area.left) / area.width) * timeline.frames);
  };
  return (
    <>
      <div
        className="pointer-events-none absolute z-10 bg-bg/50"
        style={{ left: `${leftPct}%`, right: 0, top: 0, bottom: AXIS_PX }}
        aria-hidden
      />
      <div
        className="absolute inset-x-0 z-10 cursor-ew-resize touch-none"
        style={{ top: headPx, bottom: 0 }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          onScrub(frameAt(event));
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) onScrub(frameAt(event));
        }}
        onPointerUp={onRelease}
        onPointerCancel={onRelease}
      />
      <div
        role="slider"
        tabIndex={0}
        aria-label="Moment shown"
        aria-valuemin={0}
        aria-valuemax={timeline.frames - 1}
        aria-valuenow={frame}
        aria-valuetext={formatClock(frameStart(timeline, frame))}
        className="-translate-x-1/2 pointer-events-none absolute top-0 z-30 w-6 outline-offset-[-2px]"
        style={{ left: `${leftPct}%`, bottom: AXIS_PX }}
      >
        <span className="-translate-x-1/2 absolute top-0 bottom-0 left-1/2 w-[1.5px] bg-fg" />
        <span className="-translate-x-1/2 absolute top-0 left-1/2 size-2.5 rotate-45 rounded-[2px] bg-fg" />
      </div>
    </>
  );
}

function Axis({ timeline, frame }: { readonly timeline: ReplayTimeline; readonly frame: number }) {
  const marks = useMemo(() => axisMarks(timeline), [timeline]);
  const here = ((frame + 0.5) / timeline.frames) * 100;
  return (
    <div className="pointer-events-none relative z-30" style={{ height: AXIS_PX }} aria-hidden>
      {marks.map(({ pct, text }) => (
        <span
          key={pct}
          className="num absolute top-1.5 whitespace-nowrap text-2xs text-muted"
          style={{
            left: `${pct}%`,
            transform: `translateX(${pct < 2 ? '0' : pct > 97 ? '-100%' : '-50%'})`,
            opacity: Math.abs(pct - here) < 4.5 ? 0 : 1,
          }}
        >
          {text}
        </span>
      ))}
      <span
        className="num absolute top-0.5 whitespace-nowrap rounded-md bg-inverse px-2 py-0.5 font-medium text-inverse-fg text-xs"
        style={{ left: `clamp(34px, ${here}%, calc(100% - 34px))`, transform: 'translateX(-50%)' }}
      >
        {formatClock(frameStart(timeline, frame))}
      </span>
    </div>
  );
}

const STEPS_SECONDS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

function axisMarks(timeline: ReplayTimeline) {
  const step = STEPS_SECONDS.find((size) => timeline.frames / size <= TICKS) ?? 21_600;
  const first = Math.ceil(timeline.startSecond / step) * step - timeline.startSecond;
  const format = step < 60 ? formatClock : formatMinute;
  const count = Math.floor((timeline.frames - 1 - first) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const frame = first + i * step;
    return { pct: (frame / timeline.frames) * 100, text: format(frameStart(timeline, frame)) };
  });
}
