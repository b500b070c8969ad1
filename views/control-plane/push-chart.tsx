'use client';

import { ChartScatter, Table2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { ReferenceLine, Scatter, ScatterChart, XAxis, YAxis } from 'recharts';
import type { ControlPlaneView, Push } from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, fromUnixMs, NS_PER_MS, toUnixMs } from '#telemetry/time.ts';
import { formatAgeAt, formatClock, formatLatency } from '#views/format/format-time.ts';
import { IconButton } from '#views/shell/button.tsx';
import { FigureRows, type Figures } from '#views/shell/figure-table.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { useSize } from '#views/shell/use-size.ts';

const LOWEST_MS = 0.3;

interface Dot {
  readonly atMs: number;
  readonly tookMs: number;
}

/** One mark a push: how long until it was answered, log time. What is unanswered grows at its age. */
export function PushChart({ view }: { readonly view: ControlPlaneView }) {
  const [isTable, setTable] = useState(false);
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const acked = dotsOf(view, 'acked');
  const nacked = dotsOf(view, 'nacked');
  const silent = view.pushes.filter((push) => push.outcome === 'silent');
  const times = acked.map((dot) => dot.tookMs).sort((a, b) => a - b);
  const hint =
    times.length === 0
      ? 'no push seen lately'
      : `p50 ${quantile(times, 0.5)} · p99 ${quantile(times, 0.99)}`;
  return (
    <Panel
      title="Push to ack"
      actions={
        <>
          <span className="num text-muted text-xs">{hint}</span>
          <IconButton
            name={isTable ? 'Show as chart' : 'Show as table'}
            onClick={() => setTable(!isTable)}
          >
            {isTable ? <ChartScatter size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
          </IconButton>
        </>
      }
      className="h-full"
    >
      <div ref={plot} className="flex min-h-0 flex-1 flex-col">
        {isTable ? (
          <FigureRows
            name="Push to acknowledgement"
            figures={pushFigures(view)}
            className="min-h-0 flex-1"
          />
        ) : (
          <div
            role="img"
            aria-label={`${acked.length} pushes acknowledged, ${nacked.length} refused, ${silent.length} unanswered; ${hint}`}
          >
            {size.width > 0 && (
              <Chart
                width={size.width}
                height={size.height}
                acked={acked}
                nacked={nacked}
                silent={silent}
                view={view}
              />
            )}
          </div>
        )}
      </div>
      <p className="px-3.5 pb-2 text-muted text-xs">
        A fast acknowledgement says that a client understood, not that its calls succeed.
      </p>
    </Panel>
  );
}

function Chart({
  width,
  height,
  acked,
  nacked,
  silent,
  view,
}: {
  readonly width: number;
  readonly height: number;
  readonly acked: readonly Dot[];
  readonly nacked: readonly Dot[];
  readonly silent: readonly Push[];
  readonly view: ControlPlaneView;
}) {
  const nowMs = toUnixMs(view.atUnixNano);
  const first = Math.min(nowMs - 60_000, ...[...acked, ...nacked].map((dot) => dot.atMs));
  return (
    <ScatterChart
      width={width}
      height={height}
      margin={{ top: 10, right: 32, bottom: 0, left: 4 }}
      accessibilityLayer={false}
    >
      <XAxis
        type="number"
        dataKey="atMs"
        domain={[first, nowMs]}
        ticks={[first, nowMs]}
        tickFormatter={(ms: number) => formatClock(fromUnixMs(ms))}
        tick={{ fill: 'var(--muted)', fontSize: 11, fontFamily: 'var(--font-geist-mono)' }}
        tickLine={false}
        axisLine={false}
        height={20}
        interval="preserveStartEnd"
      />
      <YAxis
        type="number"
        dataKey="tookMs"
        scale="log"
        domain={[LOWEST_MS, 60_000]}
        ticks={[1, 100, 10_000]}
        tickFormatter={(ms: number) => formatLatency(ms * NS_PER_MS).replace('.0', '')}
        tick={{ fill: 'var(--muted)', fontSize: 11 }}
        tickLine={false}
        axisLine={false}
        width={52}
        allowDataOverflow
      />
      {[1, 100, 10_000].map((ms) => (
        <ReferenceLine key={ms} y={ms} stroke="var(--edge)" strokeDasharray="2 4" />
      ))}
      <Scatter data={[...acked]} fill="var(--control)" shape={AckDot} isAnimationActive={false} />
      <Scatter data={[...nacked]} fill="var(--crit)" shape={Refusal} isAnimationActive={false} />
      {silent.map((push) => {
        const age = Math.max(LOWEST_MS, elapsedNs(push.unixNano, view.atUnixNano) / NS_PER_MS);
        const from = { x: Math.max(first, toUnixMs(push.unixNano)), y: age };
        return (
          <ReferenceLine
            key={`${push.client}${push.type}${push.unixNano}`}
            segment={[from, { x: nowMs, y: age }]}
            stroke="var(--warn)"
            strokeWidth={2}
            strokeDasharray="4 3"
          />
        );
      })}
    </ScatterChart>
  );
}

interface ShapeProps {
  readonly cx?: number | undefined;
  readonly cy?: number | undefined;
}

function AckDot({ cx = 0, cy = 0 }: ShapeProps) {
  return <circle cx={cx} cy={cy} r="2.4" fill="var(--control)" opacity="0.8" />;
}

function Refusal({ cx = 0, cy = 0 }: ShapeProps) {
  return <path d={`M${cx} ${cy - 5}l5 5-5 5-5-5Z`} fill="var(--crit)" />;
}

/** Every push of the chart, newest first; one that was not answered has waited so long. */
function pushFigures(view: ControlPlaneView): Figures {
  return {
    columns: ['UTC', 'Client', 'Type', 'Outcome', 'Took'],
    rows: view.pushes.map((push) => ({
      key: `${push.client} ${push.type} ${push.unixNano}`,
      cells: [
        formatClock(push.unixNano),
        push.client,
        push.type,
        OUTCOMES[push.outcome],
        tookWords(push, view),
      ],
    })),
  };
}

function tookWords(push: Push, view: ControlPlaneView): string {
  if (push.ackAfterNs !== undefined) return formatLatency(push.ackAfterNs);
  return push.outcome === 'silent' ? `${formatAgeAt(push.unixNano, view.atUnixNano)} so far` : '–';
}

const OUTCOMES: Readonly<Record<Push['outcome'], string>> = {
  acked: 'acknowledged',
  nacked: 'refused',
  superseded: 'superseded',
  silent: 'unanswered',
};

function dotsOf(view: ControlPlaneView, outcome: Push['outcome']): readonly Dot[] {
  return view.pushes.flatMap((push) =>
    push.outcome === outcome && push.ackAfterNs !== undefined
      ? [
          {
            atMs: toUnixMs(push.unixNano),
            tookMs: Math.max(LOWEST_MS, push.ackAfterNs / NS_PER_MS),
          },
        ]
      : [],
  );
}

function quantile(sorted: readonly number[], q: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return formatLatency(value * NS_PER_MS);
}
