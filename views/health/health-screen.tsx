'use client';

import { DatabaseZap, Inbox } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import { sumRequests } from '#analysis/own-health/sum-requests.ts';
import { NS_PER_MS } from '#telemetry/time.ts';
import { type IngestAddress, toEndpoints } from '#views/first-run/snippets.ts';
import { formatPlural } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';
import { CopyButton } from '#views/shell/copy-button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { Notice } from '#views/shell/notice.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { FreshnessFigures } from './freshness-figures.tsx';
import { healthSentence } from './health-sentence.ts';
import { IngesterTable } from './ingester-table.tsx';
import { LastTrouble } from './last-trouble.tsx';
import { RequestTable } from './request-table.tsx';
import { type OwnHealthState, useOwnHealth } from './use-own-health.ts';

/** What Detour says of itself: whether telemetry comes in, and what was not stored and why. */
export function HealthScreen({
  initial,
  ingest,
}: {
  /** undefined when the store did not answer. */
  readonly initial: OwnHealth | undefined;
  readonly ingest: IngestAddress;
}) {
  const { health, failure } = useOwnHealth(initial);
  return (
    <>
      <Header
        title="Detour’s own health"
        right={
          health !== undefined && (
            <span className="text-muted text-sm">
              as of <Instant at={health.atUnixNano} /> UTC
            </span>
          )
        }
      />
      {health === undefined ? (
        <NoHealth words={failure?.words} />
      ) : (
        <>
          {failure !== undefined && <Stale failure={failure} />}
          <Body health={health} ingest={ingest} />
        </>
      )}
    </>
  );
}

function NoHealth({ words = 'Store unavailable' }: { readonly words: string | undefined }) {
  return (
    <EmptyState icon={<DatabaseZap size={20} aria-hidden />} title={words}>
      Exporters are told to send again later (503 with Retry-After, UNAVAILABLE with RetryInfo).
      This page asks every two seconds and fills by itself.
    </EmptyState>
  );
}

function Stale({ failure }: { readonly failure: NonNullable<OwnHealthState['failure']> }) {
  return (
    <Notice>
      {failure.words}. What follows is{' '}
      <span className="num">{formatAge(failure.ageMs * NS_PER_MS)}</span> old.
    </Notice>
  );
}

function Body({ health, ingest }: { readonly health: OwnHealth; readonly ingest: IngestAddress }) {
  const sentence = healthSentence(health);
  const groups = sumRequests(health.ingesters);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 overflow-auto p-3">
      <p className="flex shrink-0 items-center gap-2 px-1 py-1 font-semibold text-[15px]">
        <HealthIcon health={sentence.health} size={18} silent />
        {sentence.words}.
      </p>
      <FreshnessFigures health={health} />
      {health.ingesters.length > 0 && (
        <Panel
          title={formatPlural(health.ingesters.length, 'ingester')}
          hint="past the limit of bytes in flight, requests are refused until there is room"
          className="shrink-0"
        >
          <ScrollArea name="Ingesters">
            <IngesterTable ingesters={health.ingesters} />
          </ScrollArea>
        </Panel>
      )}
      <Panel title="Requests" hint="since each ingester started" className="shrink-0">
        {groups.length === 0 ? (
          <NothingReceived ingest={ingest} />
        ) : (
          <ScrollArea name="Requests">
            <RequestTable groups={groups} />
          </ScrollArea>
        )}
      </Panel>
      <LastTrouble reports={health.ingesters} at={health.atUnixNano} />
    </div>
  );
}

function NothingReceived({ ingest }: { readonly ingest: IngestAddress }) {
  const [host, setHost] = useState('localhost');
  useEffect(() => setHost(window.location.hostname), []);
  const { http } = toEndpoints(ingest, host);
  return (
    <EmptyState
      icon={<Inbox size={20} aria-hidden />}
      title="Nothing has been received yet"
      action={<CopyButton text={http} name="the OTLP endpoint" look="plain" />}
    >
      A stock OpenTelemetry SDK needs the endpoint and nothing else:{' '}
      <code className="num">{http}</code>
    </EmptyState>
  );
}
