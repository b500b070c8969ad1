import type { UnixNano } from '#telemetry/time.ts';
import {
  formatClock,
  formatClockMs,
  formatDateTime,
  formatIso,
  formatLocal,
} from '#views/format/format-time.ts';

const FORMATS = { clock: formatClock, 'clock-ms': formatClockMs, 'date-time': formatDateTime };

/** A moment in UTC; the reader's own time zone on hover. */
export function Instant({
  at,
  format = 'clock',
  className,
}: {
  readonly at: UnixNano;
  readonly format?: keyof typeof FORMATS;
  readonly className?: string;
}) {
  return (
    // The server does not know the reader's time zone, so the title differs on purpose.
    <time
      dateTime={formatIso(at)}
      title={formatLocal(at)}
      suppressHydrationWarning
      className={`num ${className ?? ''}`}
    >
      {FORMATS[format](at)}
    </time>
  );
}
