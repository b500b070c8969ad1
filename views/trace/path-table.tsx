'use client';

import { useMemo } from 'react';
import { formatCount, formatPercent } from '#views/format/format-number.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { pathParts } from '#views/trace/path-shares.ts';
import { rowLabel } from '#views/trace/row-label.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';

const SHOWN = 200;

/** What the critical path was spent on, one line for each span or wait, longest first. */
export function PathTable({
  columns,
  folds,
  onSelect,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly onSelect: (row: number) => void;
}) {
  const lines = useMemo(() => rankParts(columns, folds), [columns, folds]);
  const total = lines.reduce((sum, line) => sum + line.lengthNs, 0);
  const longest = lines[0]?.lengthNs ?? 1;
  if (lines.length === 0) {
    return (
      <EmptyState title="No critical path">All spans of this trace have no length.</EmptyState>
    );
  }
  return (
    <ScrollArea className="relative" name="Critical path">
      <table className="w-full text-sm">
        <caption className="px-4 py-2 text-left text-muted text-xs">
          Had one of these been shorter, the trace would have ended sooner. {formatDuration(total)}{' '}
          in {formatCount(lines.length)} {lines.length === 1 ? 'span' : 'spans'}
          {lines.length > SHOWN ? `, the longest ${SHOWN} shown` : ''}.
        </caption>
        <thead className="text-left text-muted text-xs">
          <tr className="border-line border-b">
            <th className="px-4 py-1.5 font-medium">Where</th>
            <th className="px-2 py-1.5 text-right font-medium">Own time</th>
            <th className="px-2 py-1.5 text-right font-medium">Share</th>
            <th className="w-[38%] px-4 py-1.5">
              <span className="sr-only">Share as a bar</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, SHOWN).map((line) => (
            <tr key={line.key} className="border-line border-b hover:bg-raise/60">
              <td className="max-w-0 px-4 py-0.5">
                <button
                  type="button"
                  onClick={() => onSelect(line.row)}
                  className="block min-h-6 w-full truncate text-left"
                >
                  {line.waiting ? 'waiting between attempts, ' : ''}
                  <span className="font-medium">{line.strong}</span>{' '}
                  <span className="text-muted">{line.quiet}</span>
                </button>
              </td>
              <td className="num whitespace-nowrap px-2 text-right">
                {formatDuration(line.lengthNs)}
              </td>
              <td className="num px-2 text-right text-muted">
                {formatPercent(line.lengthNs / total)}
              </td>
              <td className="px-4">
                <span
                  className={`block h-2 rounded-[2px] ${line.waiting ? 'bg-warn-solid' : 'bg-plain'}`}
                  style={{ width: `${(line.lengthNs / longest) * 100}%` }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}

function rankParts(columns: TraceColumns, folds: HopFolds) {
  const byKey = new Map<string, { row: number; waiting: boolean; lengthNs: number }>();
  for (const part of pathParts(columns, folds)) {
    const key = `${part.kind}${part.row}`;
    const lengthNs = (byKey.get(key)?.lengthNs ?? 0) + part.lengthNs;
    byKey.set(key, { row: part.row, waiting: part.kind === 'waiting', lengthNs });
  }
  return [...byKey]
    .map(([key, line]) => ({ key, ...line, ...rowLabel(columns, folds, line.row) }))
    .sort((a, b) => b.lengthNs - a.lengthNs);
}
