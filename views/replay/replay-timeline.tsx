'use client';

import { memo, useMemo, useRef } from 'react';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatCompact } from '#views/format/format-number.ts';
import { EventLanes, LANE_PX } from '#views/replay/event-lanes.tsx';
import { PHASE_PX, PhaseBand } from '#views/replay/phase-band.tsx';
import { Axis, Playhead } from '#views/replay/playhead.tsx';
import { phasesOf } from '#views/replay/replay-phases.ts';
import { type ReplaySeries, replaySeries } from '#views/replay/replay-series.ts';
import { RoutingArea } from '#views/replay/routing-area.tsx';
import {
  CLIENT_STATES,
  clientState,
  SERVER_STATES,
  StateStrip,
} from '#views/replay/state-strip.tsx';
import { TimelineGutter } from '#views/replay/timeline-gutter.tsx';
import { Strip } from '#views/shell/strip.tsx';
import { useSize } from '#views/shell/use-size.ts';

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
  const phases = useMemo(() => phasesOf(timeline), [timeline]);
  const plot = useRef<HTMLDivElement>(null);
  const { width } = useSize(plot);
  const lanes = isLow ? 2 : 3;
  const areaPx = isLow ? 56 : 76;
  return (
    <section aria-label="Timeline" className="flex shrink-0 bg-panel pr-4 pb-1">
      <TimelineGutter
        {...props}
        series={series}
        topPx={PHASE_PX + lanes * LANE_PX}
        areaPx={areaPx}
      />
      <div ref={plot} className="relative min-w-0 flex-1">
        {width > 0 && (
          <>
            <PhaseBand phases={phases} frames={timeline.frames} frame={frame} />
            <Still
              timeline={timeline}
              series={series}
              widthPx={width}
              lanes={lanes}
              areaPx={areaPx}
              onSeek={props.onSeek}
            />
            <Playhead {...props} plot={plot} headPx={PHASE_PX + lanes * LANE_PX} />
            <Axis timeline={timeline} frame={frame} widthPx={width} />
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
        <Strip
          values={series.p95Ms}
          tone="warn"
          loudFrom={2 * usualOf(series, timeline)}
          label="p95 of what users waited"
        />
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

/** The middle of what users waited before the first trouble, ms; 0 where nothing is known of it. */
function usualOf({ p95Ms, framesPerBin }: ReplaySeries, timeline: ReplayTimeline): number {
  const before = phasesOf(timeline)[0]?.to ?? 0;
  const calm = p95Ms.slice(0, Math.floor(before / framesPerBin)).filter((ms) => ms > 0);
  return calm.toSorted((a, b) => a - b)[Math.floor(calm.length / 2)] ?? 0;
}

/** The highest sum of the stack. */
function topOf(series: ReplaySeries): number {
  const sums = series.failed.map((_, bin) =>
    series.modes.reduce((sum, mode) => sum + (series.calls[mode]?.[bin] ?? 0), 0),
  );
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}
