import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import { USERS } from '#telemetry/call-edge.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { MODE_ORDER } from '#views/theme/routing-look.ts';

/** What the timeline draws, one value a bin: a bin is as many whole frames as share a pixel or two. */
export interface ReplaySeries {
  readonly framesPerBin: number;
  /** Modes that occur, in the order of the stack. */
  readonly modes: readonly RoutingMode[];
  /** Calls per second between services, by mode: `calls[mode][bin]`. */
  readonly calls: Readonly<Partial<Record<RoutingMode, readonly number[]>>>;
  /** Share of failed calls, 0..1. */
  readonly failed: readonly number[];
  /** p95 of what users were answered, ms; the worst second of the bin. */
  readonly p95Ms: readonly number[];
  /** Share of xDS clients in trouble, 0..1. */
  readonly troubled: readonly number[];
}

const MAX_BINS = 420;

export function replaySeries(timeline: ReplayTimeline): ReplaySeries {
  const framesPerBin = Math.max(1, Math.ceil(timeline.frames / MAX_BINS));
  const bins = Math.ceil(timeline.frames / framesPerBin);
  const inBins = (value: (frame: number) => number, fold: (values: readonly number[]) => number) =>
    Array.from({ length: bins }, (_, bin) => {
      const first = bin * framesPerBin;
      const length = Math.min(framesPerBin, timeline.frames - first);
      return fold(Array.from({ length }, (_unused, i) => value(first + i)));
    });
  const modes = MODE_ORDER.filter((mode) => timeline.edges.some((edge) => edge.mode === mode));
  const calls = Object.fromEntries(
    modes.map((mode) => [mode, inBins((frame) => callsAt(timeline, frame, mode), mean)]),
  );
  return {
    framesPerBin,
    modes: modes.filter((mode) => calls[mode]?.some((value) => value > 0)),
    calls,
    failed: inBins((frame) => failedAt(timeline, frame), mean),
    p95Ms: inBins((frame) => p95MsAt(timeline, frame), max),
    troubled: inBins((frame) => troubledAt(timeline, frame), max),
  };
}

/** Calls between services in one second by one mode; what users ask of the first service is not routed by anyone. */
export function callsAt(timeline: ReplayTimeline, frame: number, mode: RoutingMode): number {
  return sumEdges(
    timeline,
    (edge) => edge.mode === mode && edge.client !== USERS,
    (index) => valueAt(timeline, timeline.calls, index, frame),
  );
}

/** Share of failed calls in one second, users' included; 0 when there were none. */
export function failedAt(timeline: ReplayTimeline, frame: number): number {
  const all = () => true;
  const calls = sumEdges(timeline, all, (i) => valueAt(timeline, timeline.calls, i, frame));
  const errors = sumEdges(timeline, all, (i) => valueAt(timeline, timeline.errors, i, frame));
  return calls === 0 ? 0 : errors / calls;
}

/** The slowest p95 of users' own calls in one second; of all calls where no users were seen. */
export function p95MsAt(timeline: ReplayTimeline, frame: number): number {
  const hasUsers = timeline.edges.some((edge) => edge.client === USERS);
  let worstUs = 0;
  for (const [index, edge] of timeline.edges.entries()) {
    if (hasUsers && edge.client !== USERS) continue;
    worstUs = Math.max(worstUs, valueAt(timeline, timeline.p95Us, index, frame));
  }
  return worstUs / 1000;
}

function troubledAt(timeline: ReplayTimeline, frame: number): number {
  const seen = timeline.clientsSeen[frame] ?? 0;
  return seen === 0 ? 0 : (timeline.clientsInTrouble[frame] ?? 0) / seen;
}

function valueAt(
  timeline: ReplayTimeline,
  column: readonly number[],
  edge: number,
  frame: number,
): number {
  return column[edge * timeline.frames + frame] ?? 0;
}

function sumEdges(
  timeline: ReplayTimeline,
  wanted: (edge: ReplayTimeline['edges'][number]) => boolean,
  value: (index: number) => number,
): number {
  let sum = 0;
  for (const [index, edge] of timeline.edges.entries()) if (wanted(edge)) sum += value(index);
  return sum;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function max(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** Stretches in which a number per frame keeps its value. */
export function runsOf(
  values: readonly number[],
): readonly { readonly from: number; readonly to: number; readonly value: number }[] {
  const runs: { from: number; to: number; value: number }[] = [];
  for (const [frame, value] of values.entries()) {
    const last = runs.at(-1);
    if (last?.value === value) last.to = frame + 1;
    else runs.push({ from: frame, to: frame + 1, value });
  }
  return runs;
}
