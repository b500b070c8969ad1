import { addNs, elapsedNs, type TimeWindow } from '#telemetry/time.ts';
import { formatCount } from '#views/format/format-number.ts';
import { formatClock, formatDuration } from '#views/format/format-time.ts';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { countIn, type DurationHeatmap, durationAtEdge } from '#views/traces/heatmap-scale.ts';

const BLOCKS = 6;

/** The heatmap as numbers, coarser: durations down, time across, failed in brackets. */
export function HeatmapTable({
  map,
  window,
}: {
  readonly map: DurationHeatmap;
  readonly window: TimeWindow;
}) {
  const lengthNs = elapsedNs(window.startUnixNano, window.endUnixNano);
  const columnEdges = Array.from({ length: BLOCKS + 1 }, (_, i) =>
    Math.round((i / BLOCKS) * map.columns),
  );
  const rows = Array.from({ length: map.rows }, (_, i) => map.rows - 1 - i).filter(
    (row) =>
      countIn(map, { fromColumn: 0, toColumn: map.columns, fromRow: row, toRow: row + 1 }).count >
      0,
  );
  return (
    <ScrollArea name="Durations as a table" className="relative h-full">
      <table className="w-full text-xs">
        <thead className="sticky top-0 bg-bg text-muted">
          <tr>
            <th className="px-2 py-1 text-left font-medium">Duration</th>
            {columnEdges.slice(0, -1).map((edge) => (
              <th key={edge} className="num px-2 py-1 text-right font-medium">
                {formatClock(addNs(window.startUnixNano, (edge / map.columns) * lengthNs))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row} className="border-line border-t">
              <th className="whitespace-nowrap px-2 py-0.5 text-left font-normal text-muted">
                {formatDuration(durationAtEdge(map, row))} –{' '}
                {formatDuration(durationAtEdge(map, row + 1))}
              </th>
              {columnEdges.slice(0, -1).map((edge, i) => {
                const { count, errors } = countIn(map, {
                  fromColumn: edge,
                  toColumn: columnEdges[i + 1] ?? edge,
                  fromRow: row,
                  toRow: row + 1,
                });
                return (
                  <td key={edge} className="num px-2 text-right">
                    {count === 0 ? <span className="text-dim">0</span> : formatCount(count)}
                    {errors > 0 && <span className="text-crit-text"> ({formatCount(errors)})</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
