import { type PointerEvent, type RefObject, useMemo } from 'react';
import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { formatClock, formatMinute } from '#views/format/format-time.ts';
import { roundTicks } from '#views/time/round-ticks.ts';

const AXIS_PX = 24;
const TICKS = 10;
/** Half of the clock at the playhead and half of a mark beside it. */
const CLEAR_PX = 60;

/** The line of the moment shown. Everything below the event chips is a track to drag on. */
export function Playhead({
  timeline,
  frame,
  plot,
  headPx,
  onScrub,
  onRelease,
}: {
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  readonly onScrub: (frame: number) => void;
  readonly onRelease: () => void;
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

/** The clock under the timeline, with the moment shown. */
export function Axis({
  timeline,
  frame,
  widthPx,
}: {
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  readonly widthPx: number;
}) {
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
            opacity: (Math.abs(pct - here) / 100) * widthPx < CLEAR_PX ? 0 : 1,
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

function axisMarks(timeline: ReplayTimeline) {
  const { startSecond, frames } = timeline;
  const { seconds, stepSeconds } = roundTicks(startSecond, startSecond + frames - 1, TICKS);
  const format = stepSeconds < 60 ? formatClock : formatMinute;
  return seconds.map((second) => ({
    pct: ((second - startSecond) / frames) * 100,
    text: format(startOfSecond(unixSecond(second))),
  }));
}
