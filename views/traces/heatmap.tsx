'use client';

import { type PointerEvent, useCallback, useState } from 'react';
import { addNs, elapsedNs, type TimeWindow } from '#telemetry/time.ts';
import { type Surface, useCanvas } from '#views/canvas/use-canvas.ts';
import { formatCount, formatPercent } from '#views/format/format-number.ts';
import { formatClock, formatDuration } from '#views/format/format-time.ts';
import {
  boxBetween,
  type CellBox,
  countIn,
  type DurationHeatmap,
  durationAtEdge,
  durationMarks,
  positionOf,
} from '#views/traces/heatmap-scale.ts';
import { timeMarks } from '#views/traces/time-marks.ts';

/** From this share of failed spans on, a cell is red: most of it failed. */
const MOST = 0.5;

/** Duration (log) over time: shade is the count, red with strokes means that most failed. Drag a box to look inside. */
export function Heatmap({
  map,
  window,
  onBox,
}: {
  readonly map: DurationHeatmap;
  readonly window: TimeWindow;
  readonly onBox: (box: CellBox) => void;
}) {
  const [drag, setDrag] = useState<readonly [Point, Point]>();
  const box = drag === undefined ? undefined : boxBetween(map, ...drag);
  const canvas = useCanvas(useCallback((surface: Surface) => drawCells(surface, map), [map]));
  const finish = () => {
    if (box !== undefined) onBox(box);
    setDrag(undefined);
  };
  return (
    <div className="grid grid-cols-[64px_1fr] grid-rows-[1fr_20px]">
      <DurationAxis map={map} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields */}
      <div
        role="group"
        aria-label={`${summaryOf(map)} Drag a box to search inside it; duration and time can also be typed in the query.`}
        className="relative cursor-crosshair touch-none select-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([pointOf(event), pointOf(event)]);
        }}
        onPointerMove={(event) => {
          if (drag !== undefined) setDrag([drag[0], pointOf(event)]);
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        <canvas
          ref={canvas}
          className="absolute inset-0 size-full"
          role="img"
          aria-label={summaryOf(map)}
        />
        {box !== undefined && <BoxMark map={map} window={window} box={box} />}
      </div>
      <span />
      <TimeAxis window={window} />
    </div>
  );
}

/** The heatmap in words. */
export function summaryOf(map: DurationHeatmap): string {
  const all = { fromColumn: 0, toColumn: map.columns, fromRow: 0, toRow: map.rows };
  const { count, errors } = countIn(map, all);
  if (count === 0) return 'Durations over time: nothing matched.';
  let top = 0;
  for (const [i, cell] of map.counts.entries()) if (cell > (map.counts[top] ?? 0)) top = i;
  const row = Math.floor(top / map.columns);
  const band = `${formatDuration(durationAtEdge(map, row))} and ${formatDuration(durationAtEdge(map, row + 1))}`;
  return `Durations over time: ${formatCount(count)} in all, ${formatPercent(errors / count)} failed, the fullest cell lies between ${band}.`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointOf(event: PointerEvent<HTMLElement>): Point {
  const area = event.currentTarget.getBoundingClientRect();
  return {
    x: (event.clientX - area.left) / area.width,
    y: (event.clientY - area.top) / area.height,
  };
}

function BoxMark({
  map,
  window,
  box,
}: {
  readonly map: DurationHeatmap;
  readonly window: TimeWindow;
  readonly box: CellBox;
}) {
  const { count } = countIn(map, box);
  const lengthNs = elapsedNs(window.startUnixNano, window.endUnixNano);
  const clockAt = (column: number) =>
    formatClock(addNs(window.startUnixNano, (column / map.columns) * lengthNs));
  const left = (box.fromColumn / map.columns) * 100;
  const bottom = (box.fromRow / map.rows) * 100;
  return (
    <div
      className="pointer-events-none absolute border-2 border-select bg-select/10"
      style={{
        left: `${left}%`,
        width: `${((box.toColumn - box.fromColumn) / map.columns) * 100}%`,
        bottom: `${bottom}%`,
        height: `${((box.toRow - box.fromRow) / map.rows) * 100}%`,
      }}
    >
      <span
        className={`absolute whitespace-nowrap rounded-[5px] bg-inverse px-2 py-0.5 text-inverse-fg text-xs ${bottom < 15 ? 'bottom-full mb-1' : 'top-full mt-1'} ${left > 60 ? 'right-0' : 'left-0'}`}
      >
        <b>{formatCount(count)}</b> · {formatDuration(durationAtEdge(map, box.fromRow))}–
        {formatDuration(durationAtEdge(map, box.toRow))} · {clockAt(box.fromColumn)}–
        {clockAt(box.toColumn)}
      </span>
    </div>
  );
}

function DurationAxis({ map }: { readonly map: DurationHeatmap }) {
  return (
    <div className="relative" aria-hidden>
      {durationMarks(map).map((ns) => (
        <span
          key={ns}
          className="num -translate-y-1/2 absolute right-2 whitespace-nowrap text-2xs text-muted"
          style={{ top: `${(1 - positionOf(map, ns)) * 100}%` }}
        >
          {formatDuration(ns)}
        </span>
      ))}
    </div>
  );
}

function TimeAxis({ window }: { readonly window: TimeWindow }) {
  const lengthNs = elapsedNs(window.startUnixNano, window.endUnixNano);
  return (
    <div className="relative" aria-hidden>
      {timeMarks(window).map(({ at, text }) => {
        const share = elapsedNs(window.startUnixNano, at) / lengthNs;
        return (
          <span
            key={String(at)}
            className="num absolute bottom-0 whitespace-nowrap text-2xs text-muted"
            style={{
              left: `${share * 100}%`,
              transform: `translateX(${share < 0.03 ? '0' : share > 0.97 ? '-100%' : '-50%'})`,
            }}
          >
            {text}
          </span>
        );
      })}
    </div>
  );
}

function drawCells(surface: Surface, map: DurationHeatmap): void {
  const { context, widthPx, heightPx, colour } = surface;
  context.clearRect(0, 0, widthPx, heightPx);
  context.strokeStyle = colour('line');
  context.lineWidth = 1;
  for (const ns of durationMarks(map)) {
    const y = Math.round((1 - positionOf(map, ns)) * heightPx) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(widthPx, y);
    context.stroke();
  }
  const most = map.counts.reduce((top, count) => Math.max(top, count), 1);
  for (const [i, count] of map.counts.entries()) {
    if (count > 0) drawCell(surface, map, i, Math.log1p(count) / Math.log1p(most));
  }
  context.globalAlpha = 1;
}

function drawCell(
  { context, widthPx, heightPx, colour }: Surface,
  map: DurationHeatmap,
  cell: number,
  level: number,
): void {
  const cellWidth = widthPx / map.columns;
  const cellHeight = heightPx / map.rows;
  const left = (cell % map.columns) * cellWidth;
  const top = heightPx - (Math.floor(cell / map.columns) + 1) * cellHeight;
  const failed = (map.errors[cell] ?? 0) / (map.counts[cell] ?? 1) >= MOST;
  context.globalAlpha = 0.22 + 0.78 * level;
  context.fillStyle = colour(failed ? 'crit' : 'plain');
  context.fillRect(left + 0.5, top + 0.5, cellWidth - 1, cellHeight - 1);
  if (!failed) return;
  // Red is not told apart by every eye: a failed cell is struck through.
  context.globalAlpha = 0.75;
  context.strokeStyle = colour('bg');
  context.beginPath();
  context.moveTo(left + 1, top + cellHeight - 1);
  context.lineTo(left + cellWidth - 1, top + 1);
  context.stroke();
}
