'use client';

import { memo, useMemo, useRef, useState } from 'react';
import {
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  unixSecond,
} from '#telemetry/time.ts';
import { formatCompact } from '#views/format/format-number.ts';
import type { CallHistory } from '#views/live/live-snapshot.ts';
import { FigureTable } from '#views/shell/figure-table.tsx';
import { useSize } from '#views/shell/use-size.ts';
import { EventMarks, type MapMark } from './event-marks.tsx';
import { HistoryChart, PLOT } from './history-chart.tsx';
import {
  type HistoryRow,
  historyFigures,
  meanRow,
  niceTop,
  STACK,
  toHistoryRows,
} from './history-rows.ts';

const MIN_BRUSH_SECONDS = 2;

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
              <HistoryChart
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

function speakRow(row: HistoryRow): string {
  const parts = STACK.filter(({ key }) => row[key] > 0).map(
    ({ key, label }) => `${label} ${formatCompact(row[key])}`,
  );
  return `Calls per second by routing, last: ${parts.join(', ') || 'none'}`;
}
