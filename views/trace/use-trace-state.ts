'use client';

import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useKeys } from '#views/shell/keys.tsx';
import { findInTrace } from '#views/trace/find-in-trace.ts';
import { foldHops, type HopFolds } from '#views/trace/fold-hops.ts';
import { clampView, type View } from '#views/trace/time-scale.ts';
import { endNsAt, rowOfSpan, spanIdAt, type TraceColumns } from '#views/trace/trace-columns.ts';
import { originError } from '#views/trace/trace-sentence.ts';
import { ALL_FOLDED, type RowState, toggled, visibleRows } from '#views/trace/visible-rows.ts';
import {
  goTo,
  indexOfItem,
  leftOf,
  moved,
  nextError,
  type Place,
  rightOf,
} from '#views/trace/walk-rows.ts';
import type { RowActions } from '#views/trace/waterfall-row.tsx';

export type TraceTab = 'waterfall' | 'flame' | 'path' | 'events';

/** What the address of a trace may say beside its id. */
export interface TraceLink {
  readonly tab?: string;
  readonly span?: string;
  /** "fromNs-toNs" of the part in view. */
  readonly view?: string;
}

/** What happens to the row that the selection moves to. */
export type Following = 'no' | 'scroll' | 'focus';

/** In the address, where nothing is selected: left out, the first failure would be. */
const NO_SPAN = 'none';

const TABS: readonly TraceTab[] = ['waterfall', 'flame', 'path', 'events'];
const ZOOM = 0.6;

/** The state of the screen: the selected row, what is open, the part in view, the tab, the words searched for. */
export function useTraceState(columns: TraceColumns, link: TraceLink) {
  const folds = useMemo(() => foldHops(columns), [columns]);
  const [tab, setTab] = useState<TraceTab>(TABS.find((name) => name === link.tab) ?? 'waterfall');
  const [place, setPlace] = useState(() => placeOf(columns, folds, link));
  const [view, setView] = useState(() => viewOf(columns, link.view));
  const visible = useMemo(
    () => visibleRows(columns, folds, place.state),
    [columns, folds, place.state],
  );
  const followed = useRef<Following>(link.span === undefined ? 'scroll' : 'focus');
  const follow = (next: Partial<Place>, how: Following = 'focus'): void => {
    followed.current = how;
    setPlace((before) => ({ ...before, ...next }));
  };
  const goToRow = (row: number, how?: Following): void =>
    follow(goTo(columns, folds, place.state, row), how);
  const ground = { columns, folds, visible };
  // Typing goes on in the box: what was found is only brought into view.
  const find = useFind(columns, (row) => goToRow(row, 'scroll'));
  const walk = {
    move: (steps: number) => follow({ item: moved(ground, place.item, steps) }),
    left: () => place.item !== undefined && follow(leftOf(ground, { ...place, item: place.item })),
    right: () =>
      place.item !== undefined && follow(rightOf(ground, { ...place, item: place.item })),
    expandAll: () =>
      setPlace((before) => ({
        ...before,
        state: { ...before.state, allOpened: !before.state.allOpened },
      })),
    nextError: () => {
      const row = nextError(columns, folds, place.item);
      if (row !== undefined) goToRow(row);
    },
    clear: () => setPlace((before) => ({ ...before, item: undefined })),
    zoom: (factor: number) =>
      setView((before) => zoomed(before, factor, middleOf(columns, place.item, before), columns)),
    whole: () => setView(viewOf(columns, undefined)),
    focusFind: () => find.input.current?.focus(),
  };
  useTraceKeys(walk);
  useAddress(columns, tab, place.item, view);
  const actions = useRowActions(setPlace, walk);
  return {
    folds,
    tab,
    setTab,
    visible,
    rowState: place.state,
    item: place.item,
    selected: indexOfItem(visible, place.item),
    view,
    setView,
    followed,
    find,
    actions,
    goToRow,
    clear: walk.clear,
    toggleAll: walk.expandAll,
  };
}

interface Standing {
  readonly item: number | undefined;
  readonly state: RowState;
}

/** The span that the address names, else the first failure: it is what one came for. */
function placeOf(columns: TraceColumns, folds: HopFolds, link: TraceLink): Standing {
  if (link.span === NO_SPAN) return { item: undefined, state: ALL_FOLDED };
  const named = link.span === undefined ? -1 : rowOfSpan(columns, link.span);
  const row = named >= 0 ? named : originError(columns);
  const hop = row === undefined ? -1 : (folds.into[row] ?? -1);
  // A sidecar's span is shown by its hop; one that the address names is shown itself.
  if (hop < 0) return { item: row, state: ALL_FOLDED };
  return named >= 0
    ? { item: row, state: { ...ALL_FOLDED, opened: new Set([hop]) } }
    : { item: hop, state: ALL_FOLDED };
}

function viewOf(columns: TraceColumns, text: string | undefined): View {
  const [from, to] = (text ?? '').split('-').map(Number);
  const whole = clampView(0, columns.durationNs, columns.durationNs);
  if (from === undefined || to === undefined || !Number.isFinite(from + to)) return whole;
  return clampView(from, to, columns.durationNs);
}

function middleOf(columns: TraceColumns, item: number | undefined, view: View): number {
  if (item === undefined || item < 0) return (view.fromNs + view.toNs) / 2;
  const middle = ((columns.startNs[item] ?? 0) + endNsAt(columns, item)) / 2;
  return middle >= view.fromNs && middle <= view.toNs ? middle : (view.fromNs + view.toNs) / 2;
}

function zoomed(view: View, factor: number, middle: number, columns: TraceColumns): View {
  const from = middle - (middle - view.fromNs) * factor;
  return clampView(from, middle + (view.toNs - middle) * factor, columns.durationNs);
}

function useFind(columns: TraceColumns, goToRow: (row: number) => void) {
  const input = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const rows = useMemo(() => findInTrace(columns, words), [columns, words]);
  const step = (by: number): void => {
    if (rows.length === 0) return;
    const next = (at + by + rows.length) % rows.length;
    setAt(next);
    goToRow(rows[next] ?? 0);
  };
  const search = (next: string): void => {
    setWords(next);
    setAt(-1);
  };
  return { input, words, search, rows, at, step };
}

interface Walk {
  readonly move: (steps: number) => void;
  readonly left: () => void;
  readonly right: () => void;
  readonly expandAll: () => void;
  readonly nextError: () => void;
  readonly clear: () => void;
  readonly zoom: (factor: number) => void;
  readonly whole: () => void;
  readonly focusFind: () => void;
}

function useTraceKeys(walk: Walk): void {
  const latest = useRef(walk);
  latest.current = walk;
  const bindings = useMemo(
    () => [
      { keys: 'j', label: 'Next row', run: () => latest.current.move(1) },
      { keys: 'k', label: 'Previous row', run: () => latest.current.move(-1) },
      { keys: 'n', label: 'Next error', run: () => latest.current.nextError() },
      { keys: 'e', label: 'Show all sidecar spans', run: () => latest.current.expandAll() },
      { keys: '/', label: 'Find in trace', run: () => latest.current.focusFind() },
      { keys: '+', label: 'Zoom in', run: () => latest.current.zoom(ZOOM) },
      { keys: '-', label: 'Zoom out', run: () => latest.current.zoom(1 / ZOOM) },
      { keys: '0', label: 'Whole trace', run: () => latest.current.whole() },
      { keys: 'Escape', label: 'Close the span', run: () => latest.current.clear() },
    ],
    [],
  );
  useKeys('Trace', bindings);
}

/** Stable, so that a row is drawn again only when it changes. */
function useRowActions(
  setPlace: (change: (before: Standing) => Standing) => void,
  walk: Walk,
): RowActions {
  const latest = useRef(walk);
  latest.current = walk;
  return useMemo(() => {
    const arrows: Readonly<Record<string, () => void>> = {
      ArrowDown: () => latest.current.move(1),
      ArrowUp: () => latest.current.move(-1),
      ArrowLeft: () => latest.current.left(),
      ArrowRight: () => latest.current.right(),
      Home: () => latest.current.move(Number.NEGATIVE_INFINITY),
      End: () => latest.current.move(Number.POSITIVE_INFINITY),
    };
    const change = (key: 'closed' | 'opened') => (row: number) =>
      setPlace((before) => ({
        ...before,
        state: { ...before.state, [key]: toggled(before.state[key], row) },
      }));
    return {
      select: (item) => setPlace((before) => ({ ...before, item })),
      toggle: change('closed'),
      openHop: change('opened'),
      onKey: (event: KeyboardEvent) => {
        const run = arrows[event.key];
        if (run === undefined || event.altKey || event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        run();
      },
    };
  }, [setPlace]);
}

function spanWord(columns: TraceColumns, item: number | undefined): string | undefined {
  if (item === undefined) return originError(columns) === undefined ? undefined : NO_SPAN;
  return item < 0 ? undefined : spanIdAt(columns, item);
}

/** The address always leads back to what is on the screen. */
function useAddress(
  columns: TraceColumns,
  tab: TraceTab,
  item: number | undefined,
  view: View,
): void {
  useEffect(() => {
    const url = new URL(window.location.href);
    // A large trace may be drawn when the reader has already gone on: another page's address is not ours.
    if (!url.pathname.endsWith(`/traces/${columns.traceId}`)) return;
    const set = (key: string, value: string | undefined): void => {
      if (value === undefined) url.searchParams.delete(key);
      else url.searchParams.set(key, value);
    };
    const whole = view.fromNs === 0 && view.toNs >= columns.durationNs;
    set('tab', tab === 'waterfall' ? undefined : tab);
    set('span', spanWord(columns, item));
    set('view', whole ? undefined : `${Math.round(view.fromNs)}-${Math.round(view.toNs)}`);
    if (url.href !== window.location.href) window.history.replaceState(null, '', url);
  }, [columns, tab, item, view]);
}
