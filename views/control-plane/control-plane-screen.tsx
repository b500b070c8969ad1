'use client';

import { Radio, Server } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useCallback, useMemo, useState } from 'react';
import type { ControlPlaneView, XdsClientVerdict } from '#analysis/control-plane/xds-client.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { formatClock, formatDateTime, formatIso } from '#views/format/format-time.ts';
import { IncidentBadge } from '#views/live/incident-badge.tsx';
import { LiveClock } from '#views/live/live-clock.tsx';
import { useLive } from '#views/live/use-live.ts';
import { Badge } from '#views/shell/badge.tsx';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { Notice } from '#views/shell/notice.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { useUrlState } from '#views/shell/use-url-state.ts';
import { TimeMenu } from '#views/time/time-menu.tsx';
import { ClientTable, inOrder } from './client-table.tsx';
import { PushChart } from './push-chart.tsx';
import { PushList } from './push-list.tsx';
import { RestartRisk } from './restart-risk.tsx';
import { StateFilter } from './state-filter.tsx';
import { TwoViewsPanel } from './two-views-panel.tsx';
import { VERDICT_ORDER, verdictLook } from './verdict-look.ts';

/** Configuration as the server tells it and as its clients hold it; complete without the server. */
export function ControlPlaneScreen({
  initial,
  isFixed,
}: {
  readonly initial: ControlPlaneView;
  /** The view is of a moment in the address and does not move. */
  readonly isFixed: boolean;
}) {
  const router = useRouter();
  const live = useLive().snapshot?.map.controlPlane;
  const view = isFixed ? initial : (live ?? initial);
  return (
    <>
      <Header
        title="Control plane"
        right={
          <>
            <TimeMenu
              window={{ startUnixNano: view.atUnixNano, endUnixNano: view.atUnixNano }}
              onMoment={(at) => router.push(`/control-plane?at=${formatIso(at)}`)}
            >
              {isFixed ? formatDateTime(view.atUnixNano) : `${formatClock(view.atUnixNano)} UTC`}
            </TimeMenu>
            {isFixed ? (
              <ButtonLink href="/control-plane">
                <Radio size={14} aria-hidden /> Go live
              </ButtonLink>
            ) : (
              <LiveClock />
            )}
          </>
        }
      >
        {view.server.service !== undefined && (
          <Badge round>
            <Server size={13} className="text-control" aria-hidden />
            <span className="num">
              {[view.server.instance ?? view.server.service, versionWord(view.server.version ?? '')]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </Badge>
        )}
        <IncidentBadge />
      </Header>
      {view.state === 'lost' && (
        <Notice tone="crit">
          The control plane was {view.summary}. What follows is what its clients hold, by their own
          telemetry.
        </Notice>
      )}
      {view.state === 'none' ? <NoControlPlane /> : <Body view={view} />}
    </>
  );
}

function NoControlPlane() {
  return (
    <EmptyState icon={<Server size={20} aria-hidden />} title="No xDS client has been seen">
      Rows appear by themselves from <code className="num">grpc.xds_client.*</code> metrics (gRPC),{' '}
      <code className="num">control_plane.*</code> (Envoy) or our own sidecars. Nothing is asked of
      the control plane, so it may be down.
    </EmptyState>
  );
}

function Body({ view }: { readonly view: ControlPlaneView }) {
  const [params, change] = useUrlState();
  const chosen = VERDICT_ORDER.find((verdict) => verdict === params.get('state'));
  const clients = useMemo(
    () =>
      inOrder(view.clients).filter((client) => chosen === undefined || client.verdict === chosen),
    [view.clients, chosen],
  );
  const choose = useCallback(
    (verdict: XdsClientVerdict | undefined) => change({ state: verdict }),
    [change],
  );
  const marked = useRowKeys(
    clients.map((client) => client.id),
    chosen,
    choose,
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-auto p-3">
      <div className="grid shrink-0 grid-cols-1 gap-3 min-[900px]:h-[226px] min-[900px]:grid-cols-[1.72fr_1fr] min-[1180px]:grid-cols-[1.72fr_1fr_0.88fr]">
        <TwoViewsPanel view={view} />
        <div className="hidden min-h-0 min-[1180px]:block">
          <PushChart view={view} />
        </div>
        <StateFilter clients={view.clients} chosen={chosen} onChoose={choose} />
      </div>
      <Panel
        title="Clients and their configuration"
        actions={
          <span className="text-muted text-xs">
            {clients.length} of {view.clients.length}
            {chosen !== undefined && `: ${verdictLook(chosen).word.toLowerCase()}`}
          </span>
        }
        className="min-h-44 shrink-0 min-[900px]:shrink"
      >
        <ScrollArea name="Clients">
          <ClientTable
            clients={clients}
            serverVersion={view.server.version}
            at={view.atUnixNano}
            marked={marked}
          />
        </ScrollArea>
      </Panel>
      <div className="grid min-h-[136px] shrink-0 grow basis-0 grid-cols-1 gap-3 min-[900px]:grid-cols-[1.18fr_1fr]">
        <RestartRisk clients={view.clients} />
        <PushList view={view} />
      </div>
    </div>
  );
}

/** `j` and `k` walk the rows, `f` goes through the states. */
function useRowKeys(
  ids: readonly string[],
  chosen: XdsClientVerdict | undefined,
  choose: (verdict: XdsClientVerdict | undefined) => void,
): string | undefined {
  const [marked, setMarked] = useState<string>();
  const key = ids.join('\n');
  useKeys(
    'Control plane',
    useMemo(() => {
      const rows = key.split('\n');
      const step = (by: number) =>
        setMarked((before) => {
          const at = before === undefined ? (by > 0 ? -1 : rows.length) : rows.indexOf(before);
          const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
          document
            .querySelector(`[data-client="${CSS.escape(next ?? '')}"]`)
            ?.scrollIntoView({ block: 'nearest' });
          return next;
        });
      const cycle = [undefined, ...VERDICT_ORDER];
      return [
        { keys: 'j', label: 'Next client', run: () => step(1) },
        { keys: 'k', label: 'Previous client', run: () => step(-1) },
        {
          keys: 'f',
          label: 'Next state as filter',
          run: () => choose(cycle[(cycle.indexOf(chosen) + 1) % cycle.length]),
        },
        { keys: 'Escape', label: 'All clients', run: () => choose(undefined) },
      ];
    }, [key, chosen, choose]),
  );
  return marked;
}
