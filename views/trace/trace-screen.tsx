'use client';

import { useMemo } from 'react';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import { EventList } from '#views/trace/event-list.tsx';
import { Flame } from '#views/trace/flame.tsx';
import { PathTable } from '#views/trace/path-table.tsx';
import type { SpanDetails, TraceEvent } from '#views/trace/span-details.ts';
import { SpanDrawer } from '#views/trace/span-drawer.tsx';
import { spanIdAt, type TraceColumns } from '#views/trace/trace-columns.ts';
import { TraceFooter } from '#views/trace/trace-footer.tsx';
import { TraceHeader } from '#views/trace/trace-header.tsx';
import { TraceStory } from '#views/trace/trace-story.tsx';
import { TraceToolbar } from '#views/trace/trace-toolbar.tsx';
import { type LoadDetails, useSpanDetails } from '#views/trace/use-span-details.ts';
import { type TraceLink, type TraceTab, useTraceState } from '#views/trace/use-trace-state.ts';
import { Waterfall } from '#views/trace/waterfall.tsx';

export interface TraceScreenProps {
  readonly columns: TraceColumns;
  /** By span id; empty for a large trace, whose details are asked for one by one. */
  readonly details: Readonly<Record<string, SpanDetails>>;
  readonly events: readonly TraceEvent[];
  readonly eventTotal: number;
  readonly link: TraceLink;
  readonly loadDetails: LoadDetails;
  /** The incident during which the trace ran. */
  readonly incidentId?: string;
  /** Databases that might have had more of it, and did not answer. */
  readonly missing?: readonly string[];
}

/** One trace: what happened in a sentence, then when and where, then everything about one span. */
export function TraceScreen(props: TraceScreenProps) {
  const { columns } = props;
  const state = useTraceState(columns, props.link);
  const [tab, setTab] = [state.tab, state.setTab];
  const row = state.item === undefined || state.item < 0 ? undefined : state.item;
  return (
    <>
      <TraceHeader columns={columns} />
      <MissingNotice missing={props.missing} />
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <TraceStory columns={columns} folds={state.folds} onSelect={state.goToRow} />
          <TraceToolbar
            columns={columns}
            folds={state.folds}
            tab={tab}
            onTab={setTab}
            eventTotal={props.eventTotal}
            find={state.find}
          />
          <Tab {...props} tab={tab} state={state} />
          <TraceFooter columns={columns} folds={state.folds} state={state} />
        </div>
        {row !== undefined && <Drawer {...props} state={state} row={row} />}
      </div>
    </>
  );
}

type State = ReturnType<typeof useTraceState>;

function Tab({
  columns,
  events,
  eventTotal,
  tab,
  state,
}: TraceScreenProps & { readonly tab: TraceTab; readonly state: State }) {
  const found = useMemo(() => new Set(state.find.rows), [state.find.rows]);
  switch (tab) {
    case 'waterfall':
      return (
        <Waterfall
          columns={columns}
          folds={state.folds}
          visible={state.visible}
          state={state.rowState}
          view={state.view}
          onView={state.setView}
          selected={state.selected}
          followed={state.followed}
          found={found}
          actions={state.actions}
        />
      );
    case 'flame':
      return (
        <Flame
          columns={columns}
          folds={state.folds}
          view={state.view}
          selectedRow={state.item ?? -1}
          onSelect={state.goToRow}
        />
      );
    case 'path':
      return <PathTable columns={columns} folds={state.folds} onSelect={state.goToRow} />;
    case 'events':
      return (
        <EventList
          columns={columns}
          folds={state.folds}
          events={events}
          total={eventTotal}
          onSelect={state.goToRow}
        />
      );
  }
}

function Drawer({
  columns,
  details,
  loadDetails,
  incidentId,
  state,
  row,
}: TraceScreenProps & { readonly state: State; readonly row: number }) {
  const routedBy = state.folds.routedBy[row] ?? -1;
  const loaded = useSpanDetails(spanIdAt(columns, row), details, loadDetails);
  const routing = useSpanDetails(
    spanIdAt(columns, routedBy < 0 ? row : routedBy),
    details,
    loadDetails,
  );
  return (
    <SpanDrawer
      columns={columns}
      folds={state.folds}
      row={row}
      loaded={loaded}
      routing={routing}
      incidentId={incidentId}
      onClose={state.clear}
    />
  );
}
