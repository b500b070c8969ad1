'use client';

import { type MouseEvent, useCallback, useMemo } from 'react';
import { type Surface, useCanvas } from '#views/canvas/use-canvas.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { rowLabel } from '#views/trace/row-label.ts';
import { rowTone } from '#views/trace/row-tone.ts';
import type { View } from '#views/trace/time-scale.ts';
import { endNsAt, isFailed, type TraceColumns } from '#views/trace/trace-columns.ts';

const LANE_PX = 22;
const MIN_WORDS_PX = 40;
/** A canvas taller than this is refused by browsers. */
const MAX_LANES = 600;

/** The same spans by depth: width is time, so that a wide lane is where the time went. */
export function Flame({
  columns,
  folds,
  view,
  selectedRow,
  onSelect,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly view: View;
  readonly selectedRow: number;
  readonly onSelect: (row: number) => void;
}) {
  const lanes = useMemo(
    () => Math.min(MAX_LANES, columns.depth.reduce((most, depth) => Math.max(most, depth), 0) + 1),
    [columns],
  );
  const canvas = useCanvas(
    useCallback(
      (surface: Surface) => drawFlame(surface, columns, folds, view, selectedRow),
      [columns, folds, view, selectedRow],
    ),
  );
  const pick = (event: MouseEvent<HTMLCanvasElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const ns = view.fromNs + ((event.clientX - box.left) / box.width) * (view.toNs - view.fromNs);
    const row = rowAt(columns, Math.floor((event.clientY - box.top) / LANE_PX), ns);
    if (row !== undefined) onSelect(row);
  };
  return (
    <ScrollArea name="Flame view" className="relative p-3">
      <p className="mb-2 text-muted text-xs">
        One lane for each depth, {view.fromNs === 0 ? '0' : formatDuration(view.fromNs)} to{' '}
        {formatDuration(view.toNs)}. J and K move the selection as in the waterfall.
      </p>
      <canvas
        ref={canvas}
        role="img"
        aria-label="Flame view of the trace; the waterfall lists the same spans as rows"
        className="block w-full cursor-pointer"
        style={{ height: lanes * LANE_PX }}
        onClick={pick}
      />
    </ScrollArea>
  );
}

/** The span at a depth and a moment; of several the one that began last. */
function rowAt(columns: TraceColumns, depth: number, ns: number): number | undefined {
  for (let row = columns.rows - 1; row >= 0; row--) {
    if (columns.depth[row] !== depth || (columns.startNs[row] ?? 0) > ns) continue;
    if (endNsAt(columns, row) >= ns) return row;
  }
  return undefined;
}

function drawFlame(
  surface: Surface,
  columns: TraceColumns,
  folds: HopFolds,
  view: View,
  selectedRow: number,
): void {
  const { context, widthPx, heightPx } = surface;
  const scale = widthPx / (view.toNs - view.fromNs);
  const drawnTo = new Map<number, number>();
  context.clearRect(0, 0, widthPx, heightPx);
  context.font = `11.5px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = 'middle';
  for (let row = 0; row < columns.rows; row++) {
    const left = Math.max(0, ((columns.startNs[row] ?? 0) - view.fromNs) * scale);
    const right = Math.min(widthPx, (endNsAt(columns, row) - view.fromNs) * scale);
    const depth = columns.depth[row] ?? 0;
    // Of spans narrower than a pixel, one stands for its neighbours.
    const hidden = right < (drawnTo.get(depth) ?? -1) + 1 && !isFailed(columns, row);
    if (right < 0 || left > widthPx || hidden) continue;
    drawnTo.set(depth, right);
    drawSpan(surface, columns, folds, row, { left, right, selected: row === selectedRow });
  }
}

function drawSpan(
  { context, colour }: Surface,
  columns: TraceColumns,
  folds: HopFolds,
  row: number,
  box: { readonly left: number; readonly right: number; readonly selected: boolean },
): void {
  const top = (columns.depth[row] ?? 0) * LANE_PX;
  const width = Math.max(1, box.right - box.left - 1);
  const tone = rowTone(columns, row);
  context.globalAlpha = tone === 'plain' ? 0.28 : 0.42;
  context.fillStyle = colour(tone);
  context.fillRect(box.left, top + 1, width, LANE_PX - 2);
  context.globalAlpha = 1;
  if (box.selected) {
    context.strokeStyle = colour('select');
    context.lineWidth = 2;
    context.strokeRect(box.left + 1, top + 2, Math.max(1, width - 2), LANE_PX - 4);
  }
  if (width < MIN_WORDS_PX) return;
  const { strong, quiet } = rowLabel(columns, folds, row);
  context.save();
  context.beginPath();
  context.rect(box.left + 4, top, width - 8, LANE_PX);
  context.clip();
  context.fillStyle = colour('fg');
  context.fillText(`${strong} ${quiet}`, box.left + 6, top + LANE_PX / 2 + 0.5);
  context.restore();
}
