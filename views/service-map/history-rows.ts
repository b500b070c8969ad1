import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { secondOf, startOfSecond, type TimeWindow, unixSecond } from '#telemetry/time.ts';
import { formatCompact } from '#views/format/format-number.ts';
import { formatClock } from '#views/format/format-time.ts';
import type { CallHistory } from '#views/live/live-snapshot.ts';
import type { Figures } from '#views/shell/figure-table.tsx';

type StackKey = 'mesh' | 'cached' | 'dns' | 'none' | 'other';

/** One second of the strip, in calls. */
export type HistoryRow = Readonly<Record<StackKey | 'second' | 'errors', number>>;

/** From the bottom of the stack to its top. */
export const STACK: readonly {
  readonly key: StackKey;
  readonly label: string;
  readonly stroke: string;
  readonly fill: string;
  readonly swatch: string;
  readonly always: boolean;
}[] = [
  {
    key: 'mesh',
    label: 'Mesh',
    stroke: 'var(--mesh)',
    fill: 'color-mix(in oklab, var(--mesh) 30%, transparent)',
    swatch: 'rounded-full bg-mesh',
    always: true,
  },
  {
    key: 'cached',
    label: 'From cache',
    stroke: 'var(--mesh)',
    fill: 'url(#strip-cached)',
    swatch: 'rounded-full border-2 border-mesh',
    always: false,
  },
  {
    key: 'other',
    label: 'Other',
    stroke: 'var(--plain)',
    fill: 'color-mix(in oklab, var(--plain) 20%, transparent)',
    swatch: 'rounded-full bg-plain',
    always: false,
  },
  {
    key: 'dns',
    label: 'DNS',
    stroke: 'var(--dns)',
    fill: 'url(#strip-dns)',
    swatch: 'bg-dns',
    always: true,
  },
  {
    key: 'none',
    label: 'No config',
    stroke: 'var(--crit)',
    fill: 'url(#strip-none)',
    swatch: 'rotate-45 bg-crit',
    always: false,
  },
];

const KEYS: Readonly<Record<RoutingMode, StackKey>> = {
  'xds-live': 'mesh',
  'xds-fallback': 'mesh',
  'xds-cached': 'cached',
  'xds-none': 'none',
  dns: 'dns',
  static: 'other',
  direct: 'other',
  unknown: 'other',
};

/** The last `seconds` of a history up to `endSecond`, which is still filling and left out: it would look like a fall. */
export function cutHistory(history: CallHistory, endSecond: number, seconds: number): CallHistory {
  const end = Math.max(0, Math.min(history.errors.length, endSecond - history.startSecond));
  const start = Math.max(0, end - seconds);
  return {
    startSecond: unixSecond(history.startSecond + start),
    modes: history.modes,
    calls: history.calls.map((calls) => calls.slice(start, end)),
    errors: history.errors.slice(start, end),
  };
}

export function toHistoryRows(history: CallHistory): readonly HistoryRow[] {
  const seconds = Math.max(history.errors.length, ...history.calls.map((calls) => calls.length));
  return Array.from({ length: seconds }, (_, i) => {
    const row = { mesh: 0, cached: 0, dns: 0, none: 0, other: 0 };
    history.modes.forEach((mode, m) => {
      row[KEYS[mode]] += history.calls[m]?.[i] ?? 0;
    });
    return { ...row, second: history.startSecond + i, errors: history.errors[i] ?? 0 };
  });
}

/** The strip in words, the newest second first; the same ways as its legend. */
export function historyFigures(rows: readonly HistoryRow[]): Figures {
  const shown = STACK.filter(({ key, always }) => always || rows.some((row) => row[key] > 0));
  return {
    columns: ['UTC', ...shown.map(({ label }) => `${label}, calls/s`), 'Failed, calls/s'],
    rows: rows.toReversed().map((row) => ({
      key: String(row.second),
      cells: [
        formatClock(startOfSecond(unixSecond(row.second))),
        ...shown.map(({ key }) => formatCompact(row[key])),
        formatCompact(row.errors),
      ],
    })),
  };
}

/** The mean of the rows inside `window`, its end excluded; undefined when it shows none of them. */
export function meanRow(rows: readonly HistoryRow[], window: TimeWindow): HistoryRow | undefined {
  const [from, to] = [secondOf(window.startUnixNano), secondOf(window.endUnixNano)];
  const inside = rows.filter(({ second }) => second >= from && second < to);
  const first = inside[0];
  if (first === undefined) return undefined;
  const mean = (key: StackKey | 'errors'): number =>
    inside.reduce((sum, row) => sum + row[key], 0) / inside.length;
  return {
    second: first.second,
    mesh: mean('mesh'),
    cached: mean('cached'),
    dns: mean('dns'),
    none: mean('none'),
    other: mean('other'),
    errors: mean('errors'),
  };
}

/** The height of the strip: a round number at or above everything in it. */
export function niceTop(rows: readonly HistoryRow[]): number {
  const highest = Math.max(
    1,
    ...rows.map((row) => STACK.reduce((sum, { key }) => sum + row[key], 0)),
  );
  const step = 10 ** Math.floor(Math.log10(highest));
  return (
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * step).find((top) => top >= highest) ??
    highest
  );
}
