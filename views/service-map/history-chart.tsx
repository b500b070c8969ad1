'use client';

import { Area, AreaChart, ReferenceArea, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { formatCompact } from '#views/format/format-number.ts';
import { formatClock } from '#views/format/format-time.ts';
import { roundTicks } from '#views/time/round-ticks.ts';
import { type HistoryRow, niceTop, STACK } from './history-rows.ts';

/** Where the chart lies in its box: the marks of events stand above it. */
export const PLOT = { left: 0, right: 44, top: 34, bottom: 20 } as const;
const TICK_PX = 120;
/** Half of a mark's words: nearer to an end they would be cut off. */
const TICK_HALF_PX = 28;

/** Calls a second, stacked by routing mode, with the figures of the second under the pointer. */
export function HistoryChart({
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
        ticks={[...ticksOf(rows, width - PLOT.left - PLOT.right)]}
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

function ticksOf(rows: readonly HistoryRow[], widthPx: number): readonly number[] {
  const first = rows[0]?.second ?? 0;
  const last = rows.at(-1)?.second ?? first;
  const pxOf = (second: number) => ((second - first) / Math.max(1, last - first)) * widthPx;
  return roundTicks(first, last, Math.max(2, Math.floor(widthPx / TICK_PX))).seconds.filter(
    (second) => pxOf(second) >= TICK_HALF_PX && pxOf(second) <= widthPx,
  );
}
