import { ChevronDown, ChevronRight, CircleAlert } from 'lucide-react';
import { type KeyboardEvent, memo } from 'react';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { Badge } from '#views/shell/badge.tsx';
import { classNames } from '#views/shell/class-names.ts';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import { routingLook } from '#views/theme/routing-look.ts';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { rowLabel } from '#views/trace/row-label.ts';
import { toPct, type View } from '#views/trace/time-scale.ts';
import { SpanBar, WaitBar } from '#views/trace/trace-bar.tsx';
import { isFailed, modeAt, type TraceColumns, textAt } from '#views/trace/trace-columns.ts';

export const ROW_PX = 28;
const INDENT_PX = 13;
/** Deeper rows are not pushed out of the tree's column, and all indents together leave room for names in a narrow one. */
const MAX_INDENTS = 14;
const MAX_INDENT_PCT = 36;

export interface RowActions {
  readonly select: (item: number) => void;
  readonly toggle: (row: number) => void;
  readonly openHop: (row: number) => void;
  readonly onKey: (event: KeyboardEvent) => void;
}

interface RowProps {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly item: number;
  readonly level: number;
  /** Of all rows. */
  readonly deepestLevel: number;
  readonly top: number;
  readonly treeWidth: string;
  readonly view: View;
  readonly selected: boolean;
  readonly focusable: boolean;
  /** undefined for a row that has nothing below it. */
  readonly expanded: boolean | undefined;
  readonly hopOpen: boolean;
  readonly found: boolean;
  readonly path: readonly PathLine[];
  readonly actions: RowActions;
}

/** A stretch of the critical path in this row, or (`lengthNs` 0) a step from one row to another. */
export interface PathLine {
  readonly startNs: number;
  readonly lengthNs: number;
}

export const WaterfallRow = memo(function WaterfallRow(props: RowProps) {
  const { columns, folds, item, level, selected, view, actions } = props;
  return (
    <div
      role="treeitem"
      aria-level={level}
      aria-selected={selected}
      {...(props.expanded === undefined ? {} : { 'aria-expanded': props.expanded })}
      data-item={item}
      tabIndex={props.focusable ? 0 : -1}
      onClick={() => actions.select(item)}
      onKeyDown={actions.onKey}
      className={classNames(
        'absolute inset-x-0 flex cursor-default outline-offset-[-2px]',
        selected ? 'bg-raise shadow-[inset_3px_0_0_var(--select)]' : 'hover:bg-raise/50',
        props.found && 'bg-accent-fill',
      )}
      style={{ height: ROW_PX, transform: `translateY(${props.top}px)` }}
    >
      <div
        className="flex shrink-0 items-center gap-1.5 overflow-hidden border-line border-r pr-2 pl-2"
        style={{ width: props.treeWidth }}
      >
        <Guides level={level} deepestLevel={props.deepestLevel} />
        {item < 0 ? (
          <WaitLabel lengthNs={folds.waits[~item]?.lengthNs ?? 0} />
        ) : (
          <span className="@container flex min-w-0 flex-1 items-center gap-1.5">
            <TreeLabel {...props} row={item} />
          </span>
        )}
      </div>
      <div className="relative min-w-0 flex-1 overflow-hidden">
        <div className="absolute inset-y-0 right-[18px] left-[10px]">
          <Bar columns={columns} folds={folds} item={item} view={view} />
          {props.path.map((line) => (
            <PathMark key={`${line.startNs}-${line.lengthNs}`} line={line} view={view} />
          ))}
        </div>
      </div>
    </div>
  );
});

function Bar({
  columns,
  folds,
  item,
  view,
}: Pick<RowProps, 'columns' | 'folds' | 'item' | 'view'>) {
  const wait = folds.waits[~item];
  if (item < 0 && wait !== undefined) return <WaitBar wait={wait} view={view} />;
  return <SpanBar columns={columns} folds={folds} row={item} view={view} />;
}

function PathMark({ line, view }: { readonly line: PathLine; readonly view: View }) {
  const left = toPct(view, line.startNs);
  if (line.lengthNs === 0) {
    return <span className="absolute inset-y-0 w-px bg-fg/35" style={{ left: `${left}%` }} />;
  }
  const right = toPct(view, line.startNs + line.lengthNs);
  return (
    <span
      className="absolute bottom-[2px] h-[2px] min-w-px bg-fg"
      style={{ left: `${left}%`, width: `${right - left}%` }}
    />
  );
}

function Guides({
  level,
  deepestLevel,
}: {
  readonly level: number;
  readonly deepestLevel: number;
}) {
  const indents = Math.min(level - 1, MAX_INDENTS);
  const most = Math.max(1, Math.min(deepestLevel - 1, MAX_INDENTS));
  return (
    <span
      className="h-full shrink-0"
      style={{
        width: `calc(${indents} * min(${INDENT_PX}px, ${MAX_INDENT_PCT / most}%))`,
        backgroundImage:
          'linear-gradient(90deg, transparent calc(50% - 0.5px), var(--edge) calc(50% - 0.5px) calc(50% + 0.5px), transparent calc(50% + 0.5px))',
        backgroundSize: `${100 / Math.max(1, indents)}% 100%`,
      }}
      aria-hidden
    />
  );
}

function WaitLabel({ lengthNs }: { readonly lengthNs: number }) {
  return (
    <span className="truncate pl-5 text-muted text-sm">back-off {formatDuration(lengthNs)}</span>
  );
}

function TreeLabel(props: RowProps & { readonly row: number }) {
  const { columns, folds, row } = props;
  const label = rowLabel(columns, folds, row);
  const folded = folds.folded[row] ?? 0;
  return (
    <>
      <Twisty expanded={props.expanded} onToggle={() => props.actions.toggle(row)} />
      <span className="min-w-0 flex-1 truncate text-sm">
        <span className="font-medium">{label.strong}</span>{' '}
        <span className="text-muted">{label.quiet}</span>
      </span>
      {isFailed(columns, row) && (
        <CircleAlert size={13} className="shrink-0 text-crit" role="img" aria-label="failed" />
      )}
      {folded > 0 && (
        <button
          type="button"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            props.actions.openHop(row);
          }}
          title={`${folded} sidecar ${folded === 1 ? 'span is' : 'spans are'} folded into this hop`}
          className="num grid h-6 min-w-6 shrink-0 place-items-center rounded-[5px] text-2xs text-muted hover:bg-raise hover:text-fg"
        >
          <span className="rounded-[4px] border border-edge px-1 leading-[15px]">
            {props.hopOpen ? '−' : '+'}
            {folded}
          </span>
        </button>
      )}
      <ModeBadge
        columns={columns}
        routedBy={folds.routedBy[row] ?? -1}
        size={(folds.attempt[row] ?? 0) > 0 ? 'mark' : 'short'}
      />
    </>
  );
}

function Twisty({
  expanded,
  onToggle,
}: {
  readonly expanded: boolean | undefined;
  readonly onToggle: () => void;
}) {
  if (expanded === undefined) {
    return <span className="mx-[5px] size-1 shrink-0 rounded-full bg-dim" aria-hidden />;
  }
  const Icon = expanded ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={expanded ? 'Close' : 'Open'}
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
      className="-mx-[5px] grid size-6 shrink-0 place-items-center text-muted hover:text-fg"
    >
      <Icon size={13} aria-hidden />
    </button>
  );
}

/** In a narrow row; the drawer has the whole label. */
const SHORT: Readonly<Partial<Record<RoutingMode, string>>> = {
  'xds-cached': 'Cached',
  'xds-fallback': 'Fallback',
};

/** How a hop was routed, in the mark and word of its mode, with the version that routed it. */
export function ModeBadge({
  columns,
  routedBy,
  size = 'full',
}: {
  readonly columns: TraceColumns;
  readonly routedBy: number;
  readonly size?: 'full' | 'short' | 'mark';
}) {
  if (routedBy < 0) return null;
  const mode = modeAt(columns, routedBy);
  if (mode === 'unknown') return null;
  const look = routingLook(mode);
  if (size === 'mark') return <RoutingMark mode={mode} label={look.label} />;
  const version = textAt(columns, columns.version, routedBy);
  return (
    <Badge
      tone={look.hue === 'plain' ? 'neutral' : look.hue}
      // Where a name has no room the bar's own line tells the mode.
      className={classNames('shrink-0', size === 'short' && '@max-[150px]:hidden')}
    >
      <RoutingMark mode={mode} />
      <span className={size === 'short' ? 'max-[1100px]:hidden' : ''}>
        {size === 'short' ? (SHORT[mode] ?? look.label) : look.label}
      </span>
      {version !== '' && (
        <span className="num max-w-[9ch] truncate" title={version}>
          {version}
        </span>
      )}
    </Badge>
  );
}
