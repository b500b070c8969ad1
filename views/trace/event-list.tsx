'use client';

import { formatCount } from '#views/format/format-number.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { rowLabel } from '#views/trace/row-label.ts';
import type { TraceEvent } from '#views/trace/span-details.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';

/** The events of all spans in one list, by offset from the start. */
export function EventList({
  columns,
  folds,
  events,
  total,
  onSelect,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly events: readonly TraceEvent[];
  readonly total: number;
  readonly onSelect: (row: number) => void;
}) {
  if (events.length === 0) {
    return (
      <EmptyState title="No span of this trace has an event">
        Exceptions and log lines that are recorded as span events appear here, with their offset.
      </EmptyState>
    );
  }
  return (
    <ScrollArea className="relative" name="Events">
      <table className="w-full text-sm">
        <caption className="px-4 py-2 text-left text-muted text-xs">
          {total > events.length
            ? `The first ${formatCount(events.length)} of ${formatCount(total)} events.`
            : `${formatCount(total)} ${total === 1 ? 'event' : 'events'} of all spans, oldest first.`}
        </caption>
        <thead className="text-left text-muted text-xs">
          <tr className="border-line border-b">
            <th className="px-4 py-1.5 font-medium">At</th>
            <th className="px-2 py-1.5 font-medium">Event</th>
            <th className="px-2 py-1.5 font-medium">Span</th>
            <th className="px-4 py-1.5 font-medium">Attributes</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event, i) => {
            const label = rowLabel(columns, folds, event.row);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes and events have no id
              <tr key={i} className="border-line border-b hover:bg-raise/60">
                <td className="num whitespace-nowrap px-4 text-muted">
                  +{formatDuration(event.offsetNs)}
                </td>
                <td className={`px-2 font-medium ${event.isException ? 'text-crit-text' : ''}`}>
                  {event.name}
                </td>
                <td className="px-2">
                  <button
                    type="button"
                    className="min-h-6 text-left"
                    onClick={() => onSelect(event.row)}
                  >
                    {label.strong} <span className="text-muted">{label.quiet}</span>
                  </button>
                </td>
                <td
                  className="num max-w-[420px] truncate px-4 text-muted text-xs"
                  title={event.text}
                >
                  {event.text}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollArea>
  );
}
