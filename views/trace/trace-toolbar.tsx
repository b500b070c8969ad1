'use client';

import { Search } from 'lucide-react';
import type { RefObject } from 'react';
import { formatCount } from '#views/format/format-number.ts';
import { Kbd } from '#views/shell/kbd.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import type { TraceColumns } from '#views/trace/trace-columns.ts';
import { traceCounts } from '#views/trace/trace-sentence.ts';
import type { TraceTab } from '#views/trace/use-trace-state.ts';

interface Find {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly words: string;
  readonly search: (words: string) => void;
  readonly rows: readonly number[];
  readonly at: number;
  readonly step: (by: number) => void;
}

export function TraceToolbar({
  columns,
  folds,
  tab,
  onTab,
  eventTotal,
  find,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly tab: TraceTab;
  readonly onTab: (tab: TraceTab) => void;
  readonly eventTotal: number;
  readonly find: Find;
}) {
  return (
    <div className="flex h-11 shrink-0 items-center gap-3 border-line border-b bg-panel px-3">
      <Segmented
        name="View of the trace"
        value={tab}
        onChange={onTab}
        options={[
          { value: 'waterfall', label: 'Waterfall' },
          { value: 'flame', label: 'Flame' },
          { value: 'path', label: 'Critical path' },
          { value: 'events', label: `Logs & events ${formatCount(eventTotal)}` },
        ]}
      />
      <span className="min-w-0 flex-1 truncate text-muted text-sm">
        {traceCounts(columns, folds)}
      </span>
      <FindBox find={find} />
    </div>
  );
}

function FindBox({ find }: { readonly find: Find }) {
  const said =
    find.words === ''
      ? undefined
      : find.rows.length === 0
        ? 'none'
        : find.at < 0
          ? formatCount(find.rows.length)
          : `${formatCount(find.at + 1)} of ${formatCount(find.rows.length)}`;
  return (
    <label className="flex h-8 w-52 shrink-0 items-center gap-2 rounded-lg border border-edge bg-raise px-2.5 focus-within:border-select">
      <Search size={14} className="shrink-0 text-muted" aria-hidden />
      <span className="sr-only">Find in trace</span>
      <input
        ref={find.input}
        value={find.words}
        onChange={(event) => find.search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find.step(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') {
            find.search('');
            event.currentTarget.blur();
          }
        }}
        placeholder="Find in trace"
        className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-dim"
      />
      <span aria-live="polite" className="shrink-0 text-2xs text-muted tabular">
        {said}
      </span>
      {said === undefined && <Kbd>/</Kbd>}
    </label>
  );
}
