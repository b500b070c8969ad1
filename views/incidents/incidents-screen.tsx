'use client';

import { FlaskConical, History, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { Incident } from '#analysis/incident/incident.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { formatPercent } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';
import { AutoRefresh } from '#views/incidents/auto-refresh.tsx';
import { detectNs, matchesWords, median, mitigateNs } from '#views/incidents/incident-facts.ts';
import { IncidentTable } from '#views/incidents/incident-table.tsx';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { Kbd } from '#views/shell/kbd.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Segmented } from '#views/shell/segmented.tsx';

type Filter = 'all' | 'open' | 'past';

/** What happened, what is open, is it worth a look. */
export function IncidentsScreen({
  incidents,
  now,
}: {
  readonly incidents: readonly Incident[];
  readonly now: UnixNano;
}) {
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const shown = useMemo(
    () => incidents.filter((one) => isIn(one, filter) && matchesWords(one, words.trim())),
    [incidents, filter, words],
  );
  useKeys(
    'Incidents',
    useMemo(() => [{ keys: '/', label: 'Filter', run: () => input.current?.focus() }], []),
  );
  const count = (of: Filter) => incidents.filter((one) => isIn(one, of)).length;
  return (
    <>
      <AutoRefresh />
      <Header
        title="Incidents"
        right={
          <label className="flex h-8 w-60 items-center gap-2 rounded-lg border border-edge bg-raise px-2.5 focus-within:border-select">
            <Search size={14} className="text-muted" aria-hidden />
            <span className="sr-only">Filter incidents</span>
            <input
              ref={input}
              value={words}
              onChange={(event) => setWords(event.target.value)}
              placeholder="Filter by service, cause, state"
              className="min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-dim"
            />
            <Kbd>/</Kbd>
          </label>
        }
      >
        <Segmented
          name="Which incidents"
          value={filter}
          onChange={setFilter}
          options={[
            { value: 'all', label: `All ${count('all')}` },
            { value: 'open', label: `Open ${count('open')}` },
            { value: 'past', label: `Past ${count('past')}` },
          ]}
        />
      </Header>
      {incidents.length === 0 ? (
        <None />
      ) : (
        <>
          <Numbers incidents={shown} />
          <ScrollArea className="relative" name="Incidents">
            {shown.length === 0 ? (
              <EmptyState title="No incident matches">
                Clear the filter to see all of them.
              </EmptyState>
            ) : (
              <IncidentTable incidents={shown} now={now} />
            )}
          </ScrollArea>
          <Footer incidents={incidents} />
        </>
      )}
    </>
  );
}

function isIn(incident: Incident, filter: Filter): boolean {
  if (filter === 'all') return true;
  return (filter === 'open') === (incident.state === 'open');
}

function None() {
  return (
    <EmptyState
      icon={<History size={20} />}
      title="Nothing has happened yet"
      action={
        <ButtonLink href="/lab" look="primary">
          <FlaskConical size={14} aria-hidden /> Play the drill of 8 March
        </ButtonLink>
      }
    >
      Detour opens an incident by itself when calls fail, configuration is lost or traffic shifts to
      DNS. The lab breaks a real mesh on purpose: what opens then can be replayed here, second by
      second.
    </EmptyState>
  );
}

function Numbers({ incidents }: { readonly incidents: readonly Incident[] }) {
  const open = incidents.filter((one) => one.state === 'open').length;
  const detect = median(incidents.map(detectNs));
  const mitigate = median(incidents.flatMap((one) => mitigateNs(one) ?? []));
  const age = (ns: number | undefined) => (ns === undefined ? '–' : formatAge(ns));
  return (
    <dl className="flex h-[76px] shrink-0 items-center gap-12 border-line border-b px-5">
      <Figure value={String(open)} label={open === 0 ? 'open: all is calm' : 'open now'} />
      <Figure value={age(detect)} label="median to detect" />
      <Figure value={age(mitigate)} label="median to mitigate" />
    </dl>
  );
}

function Figure({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <div className="flex flex-col-reverse">
      <dt className="text-muted text-xs">{label}</dt>
      <dd className="num text-[19px] leading-6">{value}</dd>
    </div>
  );
}

function Footer({ incidents }: { readonly incidents: readonly Incident[] }) {
  const normal = incidents[0]?.normalDnsRatio;
  return (
    <footer className="flex h-9 shrink-0 items-center gap-2 border-line border-t px-5 text-muted text-xs">
      <Kbd>J</Kbd>
      <Kbd>K</Kbd> move <Kbd>⏎</Kbd> open <Kbd>R</Kbd> replay
      {normal !== undefined && (
        <span className="ml-auto">
          normal share via DNS is {formatPercent(normal)}: the tick in each bar
        </span>
      )}
    </footer>
  );
}
