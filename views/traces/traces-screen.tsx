'use client';

import { Radio, SearchX } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useRef, useState, useTransition } from 'react';
import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';
import { addNs, elapsedNs, type TimeWindow } from '#telemetry/time.ts';
import type { TraceSearchResult } from '#telemetry/trace-summary.ts';
import { formatPercent, formatPlural } from '#views/format/format-number.ts';
import { Button, ButtonLink } from '#views/shell/button.tsx';
import { CopyLink } from '#views/shell/copy-link.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { Kbd } from '#views/shell/kbd.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import type { KnownValues } from '#views/traces/complete-clause.ts';
import { Heatmap, summaryOf } from '#views/traces/heatmap.tsx';
import {
  type CellBox,
  coarser,
  cropped,
  type DurationHeatmap,
  durationAtEdge,
} from '#views/traces/heatmap-scale.ts';
import { HeatmapTable } from '#views/traces/heatmap-table.tsx';
import { QueryBar } from '#views/traces/query-bar.tsx';
import { RangePicker } from '#views/traces/range-picker.tsx';
import { type Clause, clauseText, durationText } from '#views/traces/trace-clauses.ts';
import { type TracesLink, tracesHref, withClause } from '#views/traces/trace-link.ts';
import { countWords, TraceTable } from '#views/traces/trace-table.tsx';

const REFRESH_MS = 5000;
/** More rows than this are lower than a finger. */
const MAX_ROWS = 22;

export interface TracesScreenProps {
  readonly link: TracesLink;
  readonly window: TimeWindow;
  readonly result: TraceSearchResult;
  readonly heatmap: DurationHeatmap;
  readonly services: readonly string[];
  readonly operations: readonly string[];
  /** For an empty result: the clauses without which something would be found. */
  readonly culprits: readonly Clause[];
  /** True when no span at all is stored. */
  readonly isEmptyStore: boolean;
  /** What of the address could not be used, in words. */
  readonly problem?: string;
  /** Databases that gave no part of the answer. */
  readonly missing?: readonly string[];
}

/** From "something is slow" to the trace that shows it. */
export function TracesScreen(props: TracesScreenProps) {
  const { link, window, result } = props;
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const input = useRef<HTMLInputElement>(null);
  const go = (next: Partial<TracesLink>): void =>
    startTransition(() => router.push(tracesHref({ ...link, ...next })));
  const live = useLive(link.range.kind === 'last', pending, () =>
    startTransition(() => router.refresh()),
  );
  useKeys(
    'Traces',
    useMemo(() => [{ keys: '/', label: 'Search', run: () => input.current?.focus() }], []),
  );
  const known = useKnownValues(props);
  const onBox = (map: DurationHeatmap, box: CellBox) => go(boxLink(link, window, map, box));
  return (
    <>
      <Header title="Traces" right={<CopyLink />}>
        {link.range.kind === 'last' && <LiveSwitch {...live} />}
      </Header>
      <MissingNotice missing={props.missing} />
      <div className="flex shrink-0 items-start gap-3 px-4 pt-3">
        <QueryBar
          clauses={link.clauses}
          known={known}
          input={input}
          onRun={(clauses) => go({ clauses })}
        />
        <RangePicker range={link.range} window={window} onRange={(range) => go({ range })} />
      </div>
      {props.problem !== undefined && (
        <p role="alert" className="px-4 pt-2 text-crit-text text-sm">
          {props.problem}
        </p>
      )}
      <div
        className={`mt-3 h-0.5 shrink-0 ${pending ? 'animate-pulse bg-select' : 'bg-transparent'}`}
        aria-hidden
      />
      {result.traces.length === 0 ? (
        <NothingFound {...props} onGo={go} />
      ) : (
        <Found {...props} onBox={onBox} />
      )}
    </>
  );
}

function Found({
  result,
  heatmap: whole,
  window,
  link,
  onBox,
}: TracesScreenProps & { readonly onBox: (map: DurationHeatmap, box: CellBox) => void }) {
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

function NothingFound({
  link,
  culprits,
  isEmptyStore,
  onGo,
}: TracesScreenProps & { readonly onGo: (next: Partial<TracesLink>) => void }) {
  if (isEmptyStore) {
    return (
      <EmptyState
        icon={<SearchX size={20} />}
        title="No trace has arrived yet"
        action={<ButtonLink href="/map">See where to send telemetry</ButtonLink>}
      >
        As soon as spans come in over OTLP they can be searched here.
      </EmptyState>
    );
  }
  const without = (culprit: Clause) => link.clauses.filter((clause) => clause !== culprit);
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title="No trace matches"
      action={
        culprits.length > 0 ? (
          culprits.map((culprit) => (
            <Button key={clauseText(culprit)} onClick={() => onGo({ clauses: without(culprit) })}>
              Drop <span className="num">{clauseText(culprit)}</span>
            </Button>
          ))
        ) : (
          <Button onClick={() => onGo({ range: { kind: 'last', last: '24h' } })}>
            Look at the last 24 hours
          </Button>
        )
      }
    >
      {culprits.length > 0
        ? `Without ${culprits.map(clauseText).join(' or without ')} there would be results in this time.`
        : link.clauses.length > 0
          ? 'No single condition is to blame: nothing in this time matches any of them alone.'
          : 'No span was received in this time.'}
    </EmptyState>
  );
}

function LiveSwitch({ on, toggle }: { readonly on: boolean; readonly toggle: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={toggle}
      className="flex h-7 items-center gap-1.5 rounded-lg border border-edge px-2.5 text-xs hover:bg-raise"
      title={on ? 'Searched again every 5 seconds' : 'Stands still'}
    >
      <Radio size={13} className={on ? 'text-ok' : 'text-dim'} aria-hidden />
      {on ? 'Live' : 'Paused'}
    </button>
  );
}

function useLive(possible: boolean, pending: boolean, refresh: () => void) {
  const [on, setOn] = useState(true);
  const latest = useRef({ pending, refresh });
  latest.current = { pending, refresh };
  useEffect(() => {
    if (!on || !possible) return;
    const timer = setInterval(() => {
      if (!latest.current.pending && document.visibilityState === 'visible') {
        latest.current.refresh();
      }
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [on, possible]);
  return { on, toggle: () => setOn((before) => !before) };
}

function useKnownValues({ services, operations, result }: TracesScreenProps): KnownValues {
  return useMemo(() => {
    const shares: Partial<Record<RoutingMode, number>> = {};
    for (const mode of ROUTING_MODES) {
      const having = result.traces.filter((trace) => (trace.hopsByMode[mode] ?? 0) > 0).length;
      shares[mode] = having / Math.max(1, result.traces.length);
    }
    return { services, operations, modeShares: shares };
  }, [services, operations, result]);
}

/** The search inside a box of the heatmap: its time becomes fixed, its durations become conditions. */
function boxLink(
  link: TracesLink,
  window: TimeWindow,
  map: DurationHeatmap,
  box: CellBox,
): TracesLink {
  const lengthNs = elapsedNs(window.startUnixNano, window.endUnixNano);
  const at = (column: number) =>
    addNs(window.startUnixNano, (column / map.columns) * lengthNs).toString();
  const edge = (row: number) => durationText(Math.round(durationAtEdge(map, row) / 1000) * 1000);
  const longer = withClause(
    link.clauses,
    'duration',
    '>',
    box.fromRow === 0 ? undefined : edge(box.fromRow),
  );
  return {
    clauses: withClause(
      longer,
      'duration',
      '<',
      box.toRow === map.rows ? undefined : edge(box.toRow),
    ),
    range: { kind: 'fixed', from: at(box.fromColumn), to: at(box.toColumn) },
  };
}
