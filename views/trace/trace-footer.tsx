'use client';

import { formatPlural } from '#views/format/format-number.ts';
import { formatDuration } from '#views/format/format-time.ts';
import { Kbd } from '#views/shell/kbd.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { calleeAt } from '#views/trace/row-label.ts';
import { isAnswer, isFailed, type TraceColumns } from '#views/trace/trace-columns.ts';
import { isHopRow } from '#views/trace/trace-sentence.ts';
import type { RowState } from '#views/trace/visible-rows.ts';

/** Keys, and what the reader must know about the data: late spans, wrong clocks, callees that were never reached. */
export function TraceFooter({
  columns,
  folds,
  state,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly state: { readonly rowState: RowState; readonly toggleAll: () => void };
}) {
  const folded = folds.into.reduce((sum, hop) => sum + (hop >= 0 ? 1 : 0), 0);
  return (
    <footer className="flex h-9 shrink-0 items-center gap-2 overflow-hidden whitespace-nowrap border-line border-t bg-panel px-3 text-muted text-xs">
      {folded > 0 && (
        <button
          type="button"
          onClick={state.toggleAll}
          aria-pressed={state.rowState.allOpened}
          className="flex h-7 items-center gap-2 rounded-md px-1.5 hover:bg-raise hover:text-fg"
        >
          <Kbd>E</Kbd>
          {state.rowState.allOpened
            ? 'fold sidecar spans into their hops'
            : `${formatPlural(folded, 'sidecar span')} folded into their hops`}
        </button>
      )}
      <Kbd>J</Kbd>
      <Kbd>K</Kbd> rows
      <Kbd>N</Kbd> next error
      <span className="ml-auto truncate">{remarks(columns, folds).join(' · ')}</span>
    </footer>
  );
}

function remarks(columns: TraceColumns, folds: HopFolds): readonly string[] {
  const said: string[] = [];
  if (columns.missingParents > 0) {
    const are = columns.missingParents === 1 ? 'has' : 'have';
    said.push(`${formatPlural(columns.missingParents, 'parent span')} ${are} not arrived`);
  }
  if (columns.skew !== undefined) {
    said.push(
      `clocks differ by up to ${formatDuration(columns.skew.maxNs)}: ${formatPlural(columns.skew.spans, 'span')} drawn as sent`,
    );
  }
  const unreached = unreachedCallees(columns, folds);
  if (unreached.length > 0) {
    const names = unreached.slice(0, 3).join(', ');
    const sent = unreached.length === 1 ? 'sent no span: it was' : 'sent no spans: they were';
    said.push(`${names} ${sent} never reached`);
  }
  return said;
}

/** Services that were called, failed the call and said nothing themselves. */
function unreachedCallees(columns: TraceColumns, folds: HopFolds): readonly string[] {
  const called = new Set<string>();
  const heard = new Set<string>();
  for (let row = 0; row < columns.rows; row++) {
    if (isAnswer(columns, row)) heard.add(columns.strings[columns.service[row] ?? 0] ?? '');
    if (isHopRow(folds, row) && isFailed(columns, row)) called.add(calleeAt(columns, folds, row));
  }
  return [...called].filter((service) => service !== '' && !heard.has(service));
}
