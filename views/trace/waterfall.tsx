'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useMemo, useRef } from 'react';
import { formatDuration } from '#views/format/format-time.ts';
import { Button } from '#views/shell/button.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { Minimap } from '#views/trace/minimap.tsx';
import { pathLines } from '#views/trace/path-lines.ts';
import { ticks, toPct, type View } from '#views/trace/time-scale.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';
import type { Following } from '#views/trace/use-trace-state.ts';
import { hasChildren, type RowState, type VisibleRows } from '#views/trace/visible-rows.ts';
import { ROW_PX, type RowActions, WaterfallRow } from '#views/trace/waterfall-row.tsx';

const HEAD_PX = 74;
const TREE_WIDTH = 'clamp(240px, 40%, 420px)';
const TICKS = 6;
/** Room for the diamond of a bar that ends with the trace; the rows keep the same. */
const BAR_PAD = '10px 18px';
const NO_LINES: readonly never[] = [];

interface WaterfallProps {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly visible: VisibleRows;
  readonly state: RowState;
  readonly view: View;
  readonly onView: (view: View) => void;
  /** Index in the list. */
  readonly selected: number;
  /** Set when the selection moved by key or by search: what is done with the row it moved to. */
  readonly followed: RefObject<Following>;
  readonly found: ReadonlySet<number>;
  readonly actions: RowActions;
}

/** Rows are DOM, and only those in view: the list may have 100,000. */
export function Waterfall(props: WaterfallProps) {
  const { columns, visible, view, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: visible.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    overscan: 12,
    // Before the browser has measured: the server's HTML has the first rows too.
    initialRect: { width: 800, height: 700 },
    useFlushSync: false,
  });
  const lines = useMemo(
    () => pathLines(columns, props.folds, visible),
    [columns, props.folds, visible],
  );
  const deepestLevel = useMemo(
    () => 1 + columns.depth.reduce((a, b) => Math.max(a, b), 0),
    [columns],
  );
  useFollow(rows, scroller, props);
  const marks = ticks(view, TICKS);
  return (
    <div ref={scroller} className="relative min-h-0 flex-1 overflow-y-scroll">
      <Head {...props} marks={marks} />
      <div
        role="tree"
        aria-label="Spans"
        aria-multiselectable={false}
        className="relative"
        style={{ height: rows.getTotalSize() }}
      >
        <GridLines marks={marks} view={view} />
        {rows.getVirtualItems().map((row) => (
          <ListRow
            key={row.key}
            {...props}
            index={row.index}
            top={row.start - HEAD_PX}
            path={lines.get(row.index) ?? NO_LINES}
            deepestLevel={deepestLevel}
            selected={selected}
          />
        ))}
      </div>
    </div>
  );
}

type Rows = ReturnType<typeof useVirtualizer<HTMLDivElement, Element>>;

function useFollow(
  rows: Rows,
  scroller: RefObject<HTMLDivElement | null>,
  { selected, visible, followed }: WaterfallProps,
): void {
  useEffect(() => {
    const how = followed.current;
    if (how === 'no' || selected < 0) return;
    followed.current = 'no';
    rows.scrollToIndex(selected, { align: 'auto' });
    if (how === 'scroll') return;
    const focus = () => {
      const item = visible.items[selected];
      scroller.current
        ?.querySelector<HTMLElement>(`[data-item="${item}"]`)
        ?.focus({ preventScroll: true });
    };
    // The row is drawn after the list has scrolled to it.
    const frame = requestAnimationFrame(() => requestAnimationFrame(focus));
    return () => cancelAnimationFrame(frame);
  }, [rows, scroller, selected, visible, followed]);
}

function ListRow({
  index,
  top,
  path,
  selected,
  deepestLevel,
  ...props
}: WaterfallProps & {
  readonly deepestLevel: number;
  readonly index: number;
  readonly top: number;
  readonly path: Parameters<typeof WaterfallRow>[0]['path'];
}) {
  const { columns, folds, visible, state, view, actions } = props;
  const item = visible.items[index] ?? 0;
  const expandable = item >= 0 && hasChildren(columns, folds, item);
  return (
    <WaterfallRow
      columns={columns}
      folds={folds}
      item={item}
      level={visible.levels[index] ?? 1}
      deepestLevel={deepestLevel}
      top={top}
      treeWidth={TREE_WIDTH}
      view={view}
      selected={index === selected}
      focusable={index === Math.max(0, selected)}
      expanded={expandable ? !state.closed.has(item) : undefined}
      hopOpen={state.allOpened || state.opened.has(item)}
      found={props.found.has(item)}
      path={path}
      actions={actions}
    />
  );
}

function Head({
  columns,
  view,
  onView,
  marks,
}: WaterfallProps & { readonly marks: readonly number[] }) {
  const zoomed = view.fromNs > 0 || view.toNs < columns.durationNs;
  return (
    <div
      className="sticky top-0 z-10 flex border-line border-b bg-panel"
      style={{ height: HEAD_PX }}
    >
      <div
        className="flex shrink-0 flex-col justify-between border-line border-r px-3 py-1.5 text-muted text-xs"
        style={{ width: TREE_WIDTH }}
      >
        <div className="flex h-7 items-center justify-between gap-2">
          <span className="truncate">
            {zoomed
              ? `${formatDuration(view.fromNs)} – ${formatDuration(view.toNs)}`
              : 'Whole trace'}
          </span>
          {zoomed && (
            <Button
              look="ghost"
              size="small"
              onClick={() => onView({ fromNs: 0, toNs: Math.max(1, columns.durationNs) })}
            >
              Reset zoom
            </Button>
          )}
        </div>
        <div className="flex items-center gap-3 overflow-hidden whitespace-nowrap text-2xs">
          <span className="flex items-center gap-1.5">
            <span className="h-[2px] w-4 bg-fg" /> critical path
          </span>
          <span className="flex items-center gap-1.5">
            <span className="size-[7px] rotate-45 rounded-[1px] bg-crit" /> failed
          </span>
          <span className="flex items-center gap-1.5">
            <span className="h-2.5 w-4 rounded-[2px] border border-warn border-dashed" /> waiting
          </span>
        </div>
      </div>
      <div className="min-w-0 flex-1 pt-1.5" style={{ paddingInline: BAR_PAD }}>
        <Minimap columns={columns} view={view} onView={onView} />
        <div className="relative h-6 overflow-hidden">
          {marks.map((ns) => (
            <TickWord key={ns} ns={ns} view={view} />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Words at the edges turn inwards. */
function TickWord({ ns, view }: { readonly ns: number; readonly view: View }) {
  const pct = toPct(view, ns);
  const shift = pct < 4 ? '0' : pct > 93 ? '-100%' : '-50%';
  return (
    <span
      className="num absolute top-1 whitespace-nowrap text-2xs text-muted"
      style={{ left: `${pct}%`, transform: `translateX(${shift})` }}
    >
      {ns === 0 ? '0' : formatDuration(ns)}
    </span>
  );
}

function GridLines({ marks, view }: { readonly marks: readonly number[]; readonly view: View }) {
  return (
    <div
      className="absolute inset-y-0"
      style={{ left: `calc(${TREE_WIDTH} + 10px)`, right: 18 }}
      aria-hidden
    >
      {marks.map((ns) => (
        <span
          key={ns}
          className="absolute inset-y-0 w-px bg-line"
          style={{ left: `${toPct(view, ns)}%` }}
        />
      ))}
    </div>
  );
}
