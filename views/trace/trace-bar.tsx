import type { CSSProperties } from 'react';
import { formatDuration } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { type RoutingForm, routingLook } from '#views/theme/routing-look.ts';
import type { HopFolds, Wait } from '#views/trace/fold-hops.ts';
import { toPct, type View } from '#views/trace/time-scale.ts';
import {
  hasFlag,
  isFailed,
  modeAt,
  ROW_LOOKUP,
  ROW_MISSING,
  type TraceColumns,
  textAt,
} from '#views/trace/trace-columns.ts';

const HUES = { mesh: 'var(--mesh)', dns: 'var(--dns)', crit: 'var(--crit)', plain: 'var(--plain)' };

/** The bar of one span with its words. */
export function SpanBar({
  columns,
  folds,
  row,
  view,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly row: number;
  readonly view: View;
}) {
  const startNs = columns.startNs[row] ?? 0;
  const lengthNs = columns.lengthNs[row] ?? 0;
  const failed = isFailed(columns, row);
  const routedBy = folds.routedBy[row] ?? -1;
  const left = toPct(view, startNs);
  const right = toPct(view, startNs + lengthNs);
  if (right < 0 || left > 100) return null;
  return (
    <>
      <span
        className="absolute inset-y-0 min-w-[2.5px]"
        style={{ left: `${left}%`, width: `${right - left}%` }}
      >
        {routedBy >= 0 ? (
          <HopLine form={routingLook(modeAt(columns, routedBy)).form} failed={failed} />
        ) : (
          <span
            className={classNames(
              'absolute inset-x-0 top-[7px] h-[14px] rounded-[3px]',
              fillOf(columns, row),
            )}
            style={failed ? FAILED_FILL : undefined}
          />
        )}
        {failed && <Diamond />}
      </span>
      <BarWords
        leftPct={left}
        rightPct={right}
        failed={failed}
        text={wordsOf(columns, row, routedBy)}
      />
    </>
  );
}

/** How long, and for a failure why: `error.type` of the span that routed it, else its status. */
function wordsOf(columns: TraceColumns, row: number, routedBy: number): string {
  const length = formatDuration(columns.lengthNs[row] ?? 0);
  if (!isFailed(columns, row)) return length;
  const why =
    textAt(columns, columns.errorType, routedBy < 0 ? row : routedBy) ||
    textAt(columns, columns.answer, row);
  return why === '' ? length : `${length} · ${why}`;
}

const FAILED_FILL: CSSProperties = {
  background: 'color-mix(in oklab, var(--crit) 42%, var(--panel))',
};

function fillOf(columns: TraceColumns, row: number): string {
  if (hasFlag(columns, row, ROW_MISSING)) return 'border border-dashed border-dim';
  if (hasFlag(columns, row, ROW_LOOKUP)) return 'fill-dns opacity-80';
  return 'bg-version-old';
}

/** A hop in the line of its routing mode; a failed one has a halo. */
function HopLine({ form, failed }: { readonly form: RoutingForm; readonly failed: boolean }) {
  const { hue, line } = LINES[form];
  return (
    <>
      {failed && <span className="absolute inset-x-0 top-[6px] h-4 rounded-[3px] bg-crit-fill" />}
      <span className="absolute inset-x-0 top-[11px] h-[6px]" style={line} />
      <span className="absolute top-2 left-0 h-3 w-[1.5px]" style={{ background: hue }} />
      <span className="absolute top-2 right-0 h-3 w-[1.5px]" style={{ background: hue }} />
    </>
  );
}

const dashes = (colour: string, onPx: number, offPx: number): CSSProperties => ({
  background: `repeating-linear-gradient(90deg, ${colour} 0 ${onPx}px, transparent ${onPx}px ${onPx + offPx}px)`,
});

const LINES: Readonly<Record<RoutingForm, { readonly hue: string; readonly line: CSSProperties }>> =
  {
    solid: { hue: HUES.mesh, line: { background: HUES.mesh } },
    double: {
      hue: HUES.mesh,
      line: { borderBlock: `2px solid ${HUES.mesh}` },
    },
    broken: { hue: HUES.crit, line: dashes(HUES.crit, 2, 3) },
    dashed: { hue: HUES.dns, line: dashes(HUES.dns, 8, 4) },
    dotted: { hue: HUES.plain, line: dashes(HUES.plain, 2, 4) },
    faint: { hue: HUES.plain, line: { ...dashes(HUES.plain, 3, 5), opacity: 0.7 } },
  };

function Diamond() {
  return (
    <span
      className="absolute top-[9px] right-0 size-[9px] translate-x-1/2 rotate-45 rounded-[1.5px] border border-panel bg-crit"
      aria-hidden
    />
  );
}

/** Words stand after the bar, before it where there is no room, inside when there is none either. */
function BarWords({
  leftPct,
  rightPct,
  failed,
  text,
}: {
  readonly leftPct: number;
  readonly rightPct: number;
  readonly failed: boolean;
  readonly text: string;
}) {
  const tone = failed ? 'text-crit-text' : 'text-muted';
  const base = 'absolute top-[6px] whitespace-nowrap text-xs leading-4 tabular';
  if (rightPct < 76) {
    return (
      <span
        className={classNames(base, tone)}
        style={{ left: `calc(${Math.max(0, rightPct)}% + 9px)` }}
      >
        {text}
      </span>
    );
  }
  if (leftPct > 30) {
    return (
      <span className={classNames(base, tone)} style={{ right: `calc(${100 - leftPct}% + 7px)` }}>
        {text}
      </span>
    );
  }
  return (
    <span
      className={classNames(
        base,
        'rounded-[3px] bg-panel px-1',
        failed ? 'text-crit-text' : 'text-fg',
      )}
      style={{ right: `calc(${Math.max(0, 100 - rightPct)}% + 10px)` }}
    >
      {text}
    </span>
  );
}

/** A pause between two attempts: a dashed box, because no span says it. */
export function WaitBar({ wait, view }: { readonly wait: Wait; readonly view: View }) {
  const left = toPct(view, wait.startNs);
  const right = toPct(view, wait.startNs + wait.lengthNs);
  if (right < 0 || left > 100) return null;
  return (
    <>
      <span
        className="absolute top-[8px] h-[12px] min-w-[2.5px] rounded-[3px] border border-warn border-dashed"
        style={{
          left: `${left}%`,
          width: `${right - left}%`,
          background:
            'repeating-linear-gradient(115deg, color-mix(in oklab, var(--warn) 38%, transparent) 0 2px, transparent 2px 6px)',
        }}
      />
      <BarWords
        leftPct={left}
        rightPct={right}
        failed={false}
        text={`waiting ${formatDuration(wait.lengthNs)}`}
      />
    </>
  );
}
