'use client';

import { useMemo } from 'react';
import { formatPercent } from '#views/format/format-number.ts';
import { formatDuration } from '#views/format/format-time.ts';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { pathParts, pathShares } from '#views/trace/path-shares.ts';
import { spanIdAt, type TraceColumns } from '#views/trace/trace-columns.ts';
import { traceSentence } from '#views/trace/trace-sentence.ts';

const SHARES_NAMED = 3;
/** More parts than this are thinner than the gap between them. */
const MAX_PARTS = 240;

/** The trace in one sentence, and where its time went in one bar. Each fact leads to its evidence. */
export function TraceStory({
  columns,
  folds,
  onSelect,
}: {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly onSelect: (row: number) => void;
}) {
  const sentence = useMemo(() => traceSentence(columns, folds), [columns, folds]);
  const parts = useMemo(() => pathParts(columns, folds), [columns, folds]);
  return (
    <section
      className="shrink-0 border-line border-b bg-panel px-4 py-3"
      aria-label="What happened"
    >
      <p className="text-[14px] leading-[21px]">
        {sentence.map((part) => {
          const look = part.strong ? 'font-semibold' : 'text-muted';
          const { row } = part;
          return row === undefined ? (
            <span key={part.text} className={look}>
              {part.text}{' '}
            </span>
          ) : (
            <a
              key={part.text}
              href={`?span=${spanIdAt(columns, row)}`}
              onClick={(event) => {
                event.preventDefault();
                onSelect(row);
              }}
              title="Show the span that says so"
              className={`${look} mr-1 decoration-dim decoration-dotted underline-offset-4 hover:underline`}
            >
              {part.text}
            </a>
          );
        })}
      </p>
      {parts.length > 0 && parts.length <= MAX_PARTS && <PathBar parts={parts} />}
    </section>
  );
}

function PathBar({ parts }: { readonly parts: ReturnType<typeof pathParts> }) {
  const shares = pathShares(parts);
  const named = shares.slice(0, SHARES_NAMED);
  const rest = shares.slice(SHARES_NAMED).reduce((sum, share) => sum + share.share, 0);
  return (
    <div className="mt-2 flex items-center gap-3 text-xs">
      <span className="shrink-0 text-muted">Critical path</span>
      <div className="flex h-2.5 min-w-0 flex-1 gap-px" aria-hidden>
        {parts.map((part) => (
          <span
            key={`${part.startNs}-${part.row}`}
            title={`${part.name} ${formatDuration(part.lengthNs)}`}
            className={`h-full min-w-px rounded-[1.5px] ${part.kind === 'waiting' ? 'border border-warn border-dashed' : part.name === shares[0]?.name ? 'bg-dim' : 'bg-version-old'}`}
            style={{ flexGrow: part.lengthNs, flexBasis: 0 }}
          />
        ))}
      </div>
      <span className="shrink-0 text-muted">
        {named.map((share, i) => (
          <span key={share.name}>
            {i > 0 && ' · '}
            <span className={i === 0 ? 'font-medium text-fg' : ''}>
              {formatPercent(share.share)}
            </span>{' '}
            {share.name}
          </span>
        ))}
        {rest > 0 && ` · ${formatPercent(rest)} rest`}
      </span>
    </div>
  );
}
