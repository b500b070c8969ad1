'use client';

import { X } from 'lucide-react';
import type { TimeWindow } from '#telemetry/time.ts';
import { formatWindow } from '#views/format/format-time.ts';
import { IconButton } from '#views/shell/button.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import { TimeMenu } from '#views/time/time-menu.tsx';
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
  const fix = ({ startUnixNano, endUnixNano }: TimeWindow) =>
    onRange({ kind: 'fixed', from: String(startUnixNano), to: String(endUnixNano) });
  if (range.kind === 'fixed') {
    return (
      <div className="flex items-center gap-1">
        <TimeMenu window={window} onRange={fix}>
          {formatWindow(window)}
        </TimeMenu>
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
    <span className="flex items-center gap-2">
      <Segmented
        name="Time, up to now"
        value={range.last}
        options={options.map((last) => ({ value: last, label: last }))}
        onChange={(last) => onRange({ kind: 'last', last })}
      />
      <TimeMenu window={window} onRange={fix} />
    </span>
  );
}
