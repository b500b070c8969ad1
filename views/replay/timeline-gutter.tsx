import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { formatCompact, formatPercent } from '#views/format/format-number.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { replayFigures } from '#views/replay/replay-figures.ts';
import { callsAt, failedAt, p95MsAt, type ReplaySeries } from '#views/replay/replay-series.ts';
import { CLIENT_STATES, clientState, SERVER_STATES } from '#views/replay/state-strip.tsx';
import { FigureTable } from '#views/shell/figure-table.tsx';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { routingLook } from '#views/theme/routing-look.ts';

const STRIP_PX = 18;

/** Names of the rows, with their values at the playhead. */
export function TimelineGutter({
  timeline,
  frame,
  series,
  topPx,
  areaPx,
}: {
  readonly timeline: ReplayTimeline;
  readonly frame: number;
  readonly series: ReplaySeries;
  readonly topPx: number;
  readonly areaPx: number;
}) {
  const failed = failedAt(timeline, frame);
  const server = timeline.serverSays[frame] ?? 0;
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
        <Value label="Failed calls" tone={failed >= 0.01 ? 'text-crit-text' : ''}>
          {formatPercent(failed)}
        </Value>
        <Value label="p95 for users">{formatDuration(p95MsAt(timeline, frame) * 1e6)}</Value>
        <Value label="Control says" tone={SERVER_STATES[server]?.text ?? ''}>
          {SERVER_STATES[server]?.word ?? ''}
        </Value>
        <Value label="Clients see" tone={CLIENT_STATES[clientState(troubled, seen)]?.text ?? ''}>
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
  tone = '',
  children,
}: {
  readonly label: string;
  /** Class for the value; the colour of the strip beside it. */
  readonly tone?: string;
  readonly children: string;
}) {
  return (
    <div className="flex items-center justify-between gap-2 pr-4" style={{ height: STRIP_PX }}>
      <dt className="shrink-0 text-muted">{label}</dt>
      <dd className={`tabular truncate ${tone}`} title={children}>
        {children}
      </dd>
    </div>
  );
}
