'use client';

import { Radio } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useRef, useState, useTransition } from 'react';
import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';
import { addNs, elapsedNs, type TimeWindow } from '#telemetry/time.ts';
import type { TraceSearchResult } from '#telemetry/trace-summary.ts';
import { CopyLink } from '#views/shell/copy-link.tsx';
import { Header } from '#views/shell/header.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import type { KnownValues } from '#views/traces/complete-clause.ts';
import { type CellBox, type DurationHeatmap, durationAtEdge } from '#views/traces/heatmap-scale.ts';
import { NothingFound, NotSearched } from '#views/traces/nothing-found.tsx';
import { QueryBar } from '#views/traces/query-bar.tsx';
import { RangePicker } from '#views/traces/range-picker.tsx';
import { type Clause, durationText } from '#views/traces/trace-clauses.ts';
import { type TracesLink, tracesHref, withClause } from '#views/traces/trace-link.ts';
import { TracesFound } from '#views/traces/traces-found.tsx';

const REFRESH_MS = 5000;

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
        <OwnSwitch on={link.withOwn === true} onSet={(withOwn) => go({ withOwn })} />
        {link.range.kind === 'last' && props.problem === undefined && <LiveSwitch {...live} />}
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
      <div
        className={`mt-3 h-0.5 shrink-0 ${pending ? 'animate-pulse bg-select' : 'bg-transparent'}`}
        aria-hidden
      />
      {props.problem !== undefined ? (
        <NotSearched problem={props.problem} onGo={go} />
      ) : result.traces.length === 0 ? (
        <NothingFound {...props} onGo={go} />
      ) : (
        <TracesFound {...props} onBox={onBox} />
      )}
    </>
  );
}

function OwnSwitch(props: { readonly on: boolean; readonly onSet: (on: boolean) => void }) {
  return (
    <button
      type="button"
      aria-pressed={props.on}
      onClick={() => props.onSet(!props.on)}
      className={`flex h-7 items-center rounded-lg border border-edge px-2.5 text-xs hover:bg-raise ${props.on ? 'bg-raise' : 'text-dim'}`}
      title={
        props.on
          ? 'Requests of Detour itself are listed, too'
          : 'Requests of Detour itself are left out'
      }
    >
      Detour’s own
    </button>
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
