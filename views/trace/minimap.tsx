'use client';

import { type PointerEvent, useCallback, useState } from 'react';
import { type Surface, useCanvas } from '#views/canvas/use-canvas.ts';
import { rowTone } from '#views/trace/row-tone.ts';
import { clampView, toPct, type View } from '#views/trace/time-scale.ts';
import { isFailed, type TraceColumns } from '#views/trace/trace-columns.ts';

const PAD_PX = 3;
/** A shorter drag is a click. */
const MIN_BRUSH_PX = 4;

/** The whole trace at a glance; drag over it to see a part, double-click for the whole. */
export function Minimap({
  columns,
  view,
  onView,
}: {
  readonly columns: TraceColumns;
  readonly view: View;
  readonly onView: (view: View) => void;
}) {
  const canvas = useCanvas(
    useCallback((surface: Surface) => drawRows(surface, columns), [columns]),
  );
  const whole = { fromNs: 0, toNs: Math.max(columns.durationNs, 1) };
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const shown =
    drag === undefined
      ? view
      : { fromNs: Math.min(drag.from, drag.to), toNs: Math.max(drag.from, drag.to) };
  const nsAt = (event: PointerEvent<HTMLElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * whole.toNs;
  };
  const finish = (event: PointerEvent<HTMLElement>) => {
    if (drag === undefined) return;
    const widthPx = event.currentTarget.getBoundingClientRect().width;
    const draggedPx = (Math.abs(drag.to - drag.from) / whole.toNs) * widthPx;
    if (draggedPx >= MIN_BRUSH_PX) onView(clampView(drag.from, drag.to, columns.durationNs));
    setDrag(undefined);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div
      role="group"
      aria-label="Part of the trace in view: drag to choose it, or use the keys + − 0"
      className="relative h-10 cursor-crosshair touch-none select-none overflow-hidden rounded-md border border-edge"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: nsAt(event), to: nsAt(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag({ from: drag.from, to: nsAt(event) });
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onView(whole)}
    >
      <canvas ref={canvas} className="size-full" role="img" aria-label="All spans over time" />
      <Veil fromPct={0} toPct={toPct(whole, shown.fromNs)} />
      <Veil fromPct={toPct(whole, shown.toNs)} toPct={100} />
      <Grip atPct={toPct(whole, shown.fromNs)} />
      <Grip atPct={toPct(whole, shown.toNs)} />
    </div>
  );
}

function Veil({ fromPct, toPct: end }: { readonly fromPct: number; readonly toPct: number }) {
  return (
    <div
      className="pointer-events-none absolute inset-y-0 bg-bg/75"
      style={{ left: `${fromPct}%`, width: `${Math.max(0, end - fromPct)}%` }}
    />
  );
}

function Grip({ atPct }: { readonly atPct: number }) {
  return (
    <div
      className="-translate-x-1/2 pointer-events-none absolute top-1/2 h-5 w-1 -translate-y-1/2 rounded-full bg-muted"
      style={{ left: `clamp(3px, ${atPct}%, calc(100% - 3px))` }}
    />
  );
}

/** One line a row while they fit; many rows share a line then, the failed ones on top. */
function drawRows(surface: Surface, columns: TraceColumns): void {
  surface.context.clearRect(0, 0, surface.widthPx, surface.heightPx);
  drawPass(surface, columns, false);
  drawPass(surface, columns, true);
}

function drawPass(
  { context, widthPx, heightPx, colour }: Surface,
  columns: TraceColumns,
  failed: boolean,
): void {
  const room = heightPx - PAD_PX * 2;
  const pitch = Math.min(4, room / columns.rows);
  const scale = widthPx / Math.max(columns.durationNs, 1);
  const drawnTo = new Map<string, number>();
  for (let row = 0; row < columns.rows; row++) {
    if (isFailed(columns, row) !== failed) continue;
    const y = PAD_PX + (pitch >= 1 ? row * pitch : Math.floor(row * pitch));
    const left = (columns.startNs[row] ?? 0) * scale;
    const right = left + Math.max(1.5, (columns.lengthNs[row] ?? 0) * scale);
    const tone = rowTone(columns, row);
    // Of rows that share a line, what is already covered is not drawn again: 100,000 spans are a few thousand bars.
    const key = `${y}${tone}`;
    if (right <= (drawnTo.get(key) ?? -1)) continue;
    drawnTo.set(key, right);
    context.fillStyle = colour(tone);
    context.fillRect(left, y, right - left, Math.max(1, pitch - 1));
  }
}
