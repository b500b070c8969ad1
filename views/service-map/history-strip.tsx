'use client';

import { memo, useMemo, useRef, useState } from 'react';
import { Area, AreaChart, ReferenceArea, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import {
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  unixSecond,
} from '#telemetry/time.ts';
import { formatCompact } from '#views/format/format-number.ts';
import { formatClock } from '#views/format/format-time.ts';
import type { CallHistory } from '#views/live/live-snapshot.ts';
import { FigureTable } from '#views/shell/figure-table.tsx';
import { useSize } from '#views/shell/use-size.ts';
import { EventMarks, type MapMark } from './event-marks.tsx';
import {
  type HistoryRow,
  historyFigures,
  meanRow,
  niceTop,
  STACK,
  toHistoryRows,
} from './history-rows.ts';

const PLOT = { left: 0, right: 44, top: 34, bottom: 20 } as const;
const MIN_BRUSH_SECONDS = 2;
const TICK_PX = 120;
const TICK_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Calls a second by routing mode, with what happened; dragging over it looks at that time only. */
export const HistoryStrip = memo(function HistoryStrip({
  history,
  marks,
  shown,
  onBrush,
  onMoment,
}: {
  readonly history: CallHistory;
  readonly marks: readonly MapMark[];
  /** The time that the map shows, where it is not the newest. */
  readonly shown: TimeWindow | undefined;
  readonly onBrush: (window: TimeWindow) => void;
  readonly onMoment: (at: UnixNano) => void;
}) {
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const rows = useMemo(() => toHistoryRows(history), [history]);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const last = rows.at(-1);
  const shownRow = useMemo(() => (shown ? meanRow(rows, shown) : rows.at(-1)), [rows, shown]);
  const secondAt = (clientX: number) => {
    const rect = plot.current?.getBoundingClientRect();
    const width = Math.max(1, size.width - PLOT.left - PLOT.right);
    const share = (clientX - (rect?.left ?? 0) - PLOT.left) / width;
    const index = Math.round(Math.max(0, Math.min(1, share)) * (rows.length - 1));
    return history.startSecond + index;
  };
  const finish = () => {
    if (drag === undefined) return;
    setDrag(undefined);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    if (to - from < MIN_BRUSH_SECONDS) return;
    onBrush({
      startUnixNano: startOfSecond(unixSecond(from)),
      endUnixNano: startOfSecond(unixSecond(to + 1)),
    });
  };
  return (
    <section
      aria-label="Calls by routing"
      className="flex h-[134px] shrink-0 border-line border-t bg-panel"
    >
      <StripLegend row={shownRow} rows={rows} />
      <div
        ref={plot}
        className="relative min-w-0 flex-1 cursor-crosshair select-none"
        onPointerDown={(event) => {
          const second = secondAt(event.clientX);
          setDrag({ from: second, to: second });
        }}
        onPointerMove={(event) => {
          if (drag !== undefined) setDrag({ ...drag, to: secondAt(event.clientX) });
        }}
        onPointerUp={finish}
        onPointerLeave={() => setDrag(undefined)}
      >
        {size.width > 0 && rows.length > 1 && (
          <>
            <div role="img" aria-label={last === undefined ? 'No calls yet' : speakRow(last)}>
              <StripChart
                rows={rows}
                width={size.width}
                height={size.height}
                range={drag ?? secondsOf(shown)}
              />
            </div>
            <span
              className="num absolute right-1.5 text-2xs text-dim"
              style={{ top: PLOT.top - 8 }}
              aria-hidden
            >
              {formatCompact(niceTop(rows))}/s
            </span>
            <EventMarks
              marks={marks}
              startSecond={history.startSecond}
              seconds={rows.length - 1}
              left={PLOT.left}
              width={size.width - PLOT.left - PLOT.right}
              onMoment={onMoment}
            />
          </>
        )}
      </div>
    </section>
  );
});

function secondsOf(
  window: TimeWindow | undefined,
): { readonly from: number; readonly to: number } | undefined {
  if (window === undefined) return undefined;
  return { from: secondOf(window.startUnixNano), to: secondOf(window.endUnixNano) };
}

/** Whole minutes, or a round part of one: a reader looks for 14:05:30, not for 14:05:27. */
function roundSeconds(rows: readonly HistoryRow[], widthPx: number): readonly number[] {
  const first = rows[0]?.second ?? 0;
  const last = rows.at(-1)?.second ?? first;
  const most = Math.max(2, Math.floor(widthPx / TICK_PX));
  const step =
    TICK_STEPS.find((seconds) => (last - first) / seconds <= most) ?? TICK_STEPS.at(-1) ?? 3600;
  const from = Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, i) => from + i * step);
}

/** The newest second, or the mean of the time that the map shows: never the one beside the other. */
function StripLegend({
  row,
  rows,
}: {
  readonly row: HistoryRow | undefined;
  readonly rows: readonly HistoryRow[];
}) {
  return (
    <div className="flex w-[124px] shrink-0 flex-col justify-end pr-3 pb-6 pl-4 text-xs">
      <span className="-ml-1.5 mt-1 mb-auto">
        <FigureTable name="Calls by routing" read={() => historyFigures(rows)} />
      </span>
      <dl className="flex flex-col gap-0.5">
        {STACK.filter(({ key, always }) => always || (row?.[key] ?? 0) > 0)
          .toReversed()
          .map(({ key, label, swatch }) => (
            <div key={key} className="flex items-center gap-1.5">
              <span className={`size-2 shrink-0 ${swatch}`} aria-hidden />
              <dt className="text-muted">{label}</dt>
              <dd className="tabular ml-auto font-medium">{formatCompact(row?.[key] ?? 0)}</dd>
            </div>
          ))}
      </dl>
      <p className="mt-0.5 pl-3.5 text-dim">calls/s</p>
    </div>
  );
}

function StripChart({
  rows,
  width,
  height,
  range,
}: {
  readonly rows: readonly HistoryRow[];
  readonly width: number;
  readonly height: number;
  /** What is being chosen, or what the map shows. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}) {
  const top = niceTop(rows);
  return (
    <AreaChart
      width={width}
      height={height}
      data={[...rows]}
      margin={{ top: PLOT.top, right: PLOT.right, bottom: 0, left: PLOT.left }}
      accessibilityLayer={false}
    >
      <defs>
        <Hatch id="strip-dns" colour="var(--dns)" angle={65} />
        <Hatch id="strip-none" colour="var(--crit)" angle={-45} />
        <Lines id="strip-cached" />
      </defs>
      <XAxis
        dataKey="second"
        type="number"
        domain={['dataMin', 'dataMax']}
        tickFormatter={(second: number) => formatClock(startOfSecond(unixSecond(second)))}
        tick={{ fill: 'var(--muted)', fontSize: 11, fontFamily: 'var(--font-geist-mono)' }}
        tickLine={false}
        axisLine={{ stroke: 'var(--edge)' }}
        height={PLOT.bottom}
        ticks={[...roundSeconds(rows, width)]}
        interval="preserveStartEnd"
        minTickGap={24}
      />
      <YAxis
        orientation="right"
        width={0}
        mirror
        tickCount={3}
        tick={false}
        axisLine={false}
        domain={[0, top]}
      />
      <ReferenceLine y={top} stroke="var(--edge)" strokeDasharray="2 4" />
      {STACK.map(({ key, stroke, fill }) => (
        <Area
          key={key}
          dataKey={key}
          stackId="calls"
          type="monotone"
          stroke={stroke}
          // A part of nothing has no edge: its line would lie on the one below.
          strokeWidth={key === 'mesh' ? 1.4 : 0}
          fill={fill}
          fillOpacity={1}
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
      ))}
      {range !== undefined && range.from !== range.to && (
        <ReferenceArea
          x1={Math.max(rows[0]?.second ?? 0, Math.min(range.from, range.to))}
          x2={Math.min(rows.at(-1)?.second ?? 0, Math.max(range.from, range.to))}
          fill="var(--select)"
          fillOpacity={0.2}
          stroke="var(--select)"
        />
      )}
      <Tooltip
        content={RowTooltip}
        isAnimationActive={false}
        cursor={{ stroke: 'var(--dim)', strokeWidth: 1 }}
      />
    </AreaChart>
  );
}

function RowTooltip({
  active,
  payload,
}: {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: unknown }[];
}) {
  const row = payload?.[0]?.payload as HistoryRow | undefined;
  if (active !== true || row === undefined) return null;
  return (
    <div className="rounded-lg border border-edge bg-panel px-2.5 py-1.5 text-xs shadow-pop">
      <p className="num mb-0.5">{formatClock(startOfSecond(unixSecond(row.second)))}</p>
      {STACK.filter(({ key }) => row[key] > 0).map(({ key, label, swatch }) => (
        <p key={key} className="flex items-center gap-1.5">
          <span className={`size-2 ${swatch}`} />
          <span className="text-muted">{label}</span>
          <span className="tabular ml-auto pl-3">{formatCompact(row[key])}/s</span>
        </p>
      ))}
      {row.errors > 0 && (
        <p className="text-crit-text">
          failed <span className="tabular">{formatCompact(row.errors)}/s</span>
        </p>
      )}
    </div>
  );
}

function Hatch({
  id,
  colour,
  angle,
}: {
  readonly id: string;
  readonly colour: string;
  readonly angle: number;
}) {
  return (
    <pattern
      id={id}
      width="6"
      height="6"
      patternUnits="userSpaceOnUse"
      patternTransform={`rotate(${angle})`}
    >
      <rect width="6" height="6" fill={colour} opacity="0.16" />
      <path d="M0 0v6" stroke={colour} strokeWidth="3" opacity="0.55" />
    </pattern>
  );
}

function Lines({ id }: { readonly id: string }) {
  return (
    <pattern id={id} width="6" height="5" patternUnits="userSpaceOnUse">
      <rect width="6" height="5" fill="var(--mesh)" opacity="0.1" />
      <path d="M0 1h6" stroke="var(--mesh)" strokeWidth="1.2" opacity="0.6" />
    </pattern>
  );
}

function speakRow(row: HistoryRow): string {
  const parts = STACK.filter(({ key }) => row[key] > 0).map(
    ({ key, label }) => `${label} ${formatCompact(row[key])}`,
  );
  return `Calls per second by routing, last: ${parts.join(', ') || 'none'}`;
}
