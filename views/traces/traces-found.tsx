'use client';

import { useMemo, useState } from 'react';
import type { TimeWindow } from '#telemetry/time.ts';
import type { TraceSearchResult } from '#telemetry/trace-summary.ts';
import { formatPercent, formatPlural } from '#views/format/format-number.ts';
import { ButtonLink } from '#views/shell/button.tsx';
import { Kbd } from '#views/shell/kbd.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import { Heatmap, summaryOf } from '#views/traces/heatmap.tsx';
import {
  type CellBox,
  coarser,
  cropped,
  type DurationHeatmap,
} from '#views/traces/heatmap-scale.ts';
import { HeatmapTable } from '#views/traces/heatmap-table.tsx';
import { type TracesLink, tracesHref } from '#views/traces/trace-link.ts';
import { countWords, TraceTable } from '#views/traces/trace-table.tsx';

/** More rows than this are lower than a finger. */
const MAX_ROWS = 22;

/** What matched: its durations over time, and the newest of it by row. */
export function TracesFound({
  result,
  heatmap: whole,
  window,
  link,
  onBox,
}: {
  readonly result: TraceSearchResult;
  readonly heatmap: DurationHeatmap;
  readonly window: TimeWindow;
  readonly link: TracesLink;
  readonly onBox: (map: DurationHeatmap, box: CellBox) => void;
}) {
  const { heatmap, left } = useMemo(() => {
    const { map, left: out } = cropped(whole);
    return { heatmap: coarser(map, MAX_ROWS), left: out };
  }, [whole]);
  const [form, setForm] = useState<'heatmap' | 'table'>('heatmap');
  const failed = result.traces.filter((trace) => trace.rootStatus === 'error').length;
  const oldest = result.traces.at(-1);
  return (
    <>
      <section className="shrink-0 border-line border-b px-4 pb-2" aria-label="Durations over time">
        <div className="mb-2 flex h-8 items-center gap-4 text-sm">
          <span>
            <b className="font-semibold">{countWords(result.traces, result.hasMore)}</b>
            {failed > 0 && (
              <span className="ml-3 text-crit-text">
                {failed} failed, {formatPercent(failed / result.traces.length)}
              </span>
            )}
          </span>
          <span className="truncate text-muted text-xs">
            spans that match, by duration
            {left > 0 && `; ${formatPlural(left, 'shorter one')} not drawn`}
          </span>
          <Legend />
          <Segmented
            name="Form"
            value={form}
            onChange={setForm}
            options={[
              { value: 'heatmap', label: 'Heatmap' },
              { value: 'table', label: 'Table' },
            ]}
          />
        </div>
        <div className="h-[clamp(150px,27vh,280px)] *:h-full">
          {form === 'heatmap' ? (
            <Heatmap map={heatmap} window={window} onBox={(box) => onBox(heatmap, box)} />
          ) : (
            <HeatmapTable map={heatmap} window={window} />
          )}
        </div>
        <p className="sr-only">{summaryOf(heatmap)}</p>
      </section>
      <ScrollArea className="relative" name="Traces">
        <TraceTable traces={result.traces} />
        {result.hasMore && oldest !== undefined && (
          <div className="flex justify-center p-3">
            <ButtonLink
              size="small"
              href={tracesHref({
                ...link,
                range: {
                  kind: 'fixed',
                  from: window.startUnixNano.toString(),
                  to: oldest.startUnixNano.toString(),
                },
              })}
            >
              Older traces
            </ButtonLink>
          </div>
        )}
      </ScrollArea>
      <footer className="flex h-9 shrink-0 items-center gap-2 border-line border-t px-4 text-muted text-xs">
        <Kbd>J</Kbd>
        <Kbd>K</Kbd> move <Kbd>⏎</Kbd> open <Kbd>/</Kbd> search
        <span className="ml-auto">
          {formatPlural(result.scannedSpans, 'span')} looked at · errors count the failed spans of a
          trace
        </span>
      </footer>
    </>
  );
}

function Legend() {
  return (
    <span className="ml-auto flex items-center gap-4 text-muted text-xs max-[1100px]:hidden">
      <span className="flex items-center gap-1.5">
        fewer
        {[0.25, 0.45, 0.7, 1].map((level) => (
          <span
            key={level}
            className="size-2.5 rounded-[1px] bg-plain"
            style={{ opacity: level }}
          />
        ))}
        more
      </span>
      <span className="flex items-center gap-1.5">
        <span className="size-2.5 rounded-[1px] bg-[linear-gradient(to_top_right,var(--crit)_44%,var(--bg)_44%_56%,var(--crit)_56%)]" />
        most failed
      </span>
      drag a box to look inside
    </span>
  );
}
