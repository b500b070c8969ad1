'use client';

import { CalendarClock, X } from 'lucide-react';
import type { TimeWindow } from '#telemetry/time.ts';
import { formatWindow } from '#views/format/format-time.ts';
import { IconButton } from '#views/shell/button.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import { DEFAULT_LAST, type TraceRange } from '#views/traces/trace-link.ts';

const LASTS = ['5m', '15m', '1h', '6h', '24h'];

/** A time up to now, or the fixed one of the address until it is let go. */
export function RangePicker({
  range,
  window,
  onRange,
}: {
  readonly range: TraceRange;
  readonly window: TimeWindow;
  readonly onRange: (range: TraceRange) => void;
}) {
  if (range.kind === 'fixed') {
    return (
      <div className="flex h-9 items-center gap-2 rounded-lg border border-edge pr-0.5 pl-3">
        <CalendarClock size={14} className="text-muted" aria-hidden />
        <span className="num whitespace-nowrap text-sm">{formatWindow(window)}</span>
        <IconButton
          name="Leave this time, back to now"
          onClick={() => onRange({ kind: 'last', last: DEFAULT_LAST })}
        >
          <X size={14} aria-hidden />
        </IconButton>
      </div>
    );
  }
  const options = LASTS.includes(range.last) ? LASTS : [...LASTS, range.last];
  return (
    <Segmented
      name="Time, up to now"
      value={range.last}
      options={options.map((last) => ({ value: last, label: last }))}
      onChange={(last) => onRange({ kind: 'last', last })}
    />
  );
}
