import { Download, Play } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { IncidentComparison } from '#analysis/incident/compare-incidents.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import { type Slowdown, worstSlowdown } from '#analysis/incident/slowdown.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { elapsedNs, NS_PER_MS, type UnixNano } from '#telemetry/time.ts';
import { formatCount, formatPercent, formatPlural } from '#views/format/format-number.ts';
import { formatAge, formatDay, formatLatency, formatOffset } from '#views/format/format-time.ts';
import { AutoRefresh } from '#views/incidents/auto-refresh.tsx';
import { eventLook } from '#views/incidents/event-look.ts';
import { EventText } from '#views/incidents/event-text.tsx';
import { ComparisonPanel, hasContrast } from '#views/incidents/incident-comparison.tsx';
import {
  detectNs,
  lengthWords,
  mitigationWords,
  replayHref,
} from '#views/incidents/incident-facts.ts';
import { IncidentHeader } from '#views/incidents/incident-header.tsx';
import { RunningAge } from '#views/incidents/running-age.tsx';
import { Shifts } from '#views/incidents/shift-table.tsx';
import { Slowdowns } from '#views/incidents/slowdown-table.tsx';
import { timelineCsv } from '#views/incidents/timeline-csv.ts';
import { ButtonLink } from '#views/shell/button.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { MissingNotice } from '#views/shell/missing-notice.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** What happened, when, whom it touched and in which order they moved, each with its evidence and its second. */
export function IncidentOverview({
  incident,
  comparison,
  missing,
  now,
}: {
  readonly incident: Incident;
  readonly comparison: IncidentComparison;
  /** Databases whose calls the comparison does not count. */
  readonly missing: readonly string[];
  readonly now: UnixNano;
}) {
  const isContrast = hasContrast(comparison);
  const compared = <ComparisonPanel comparison={comparison} now={now} />;
  return (
    <>
      {incident.endUnixNano === undefined && <AutoRefresh />}
      <IncidentHeader incident={incident} tab="overview" />
      <MissingNotice missing={missing} />
      <ScrollArea name="Overview" className="relative p-4">
        <div className="mx-auto flex max-w-[1240px] flex-col gap-4">
          <Lead incident={incident} now={now} />
          {isContrast && compared}
          <div className="grid grid-cols-[minmax(0,7fr)_minmax(0,5fr)] items-start gap-4 max-[1100px]:grid-cols-1">
            <Events incident={incident} />
            <div className="flex flex-col gap-4">
              {incident.slowdowns.length > 0 && <Slowdowns incident={incident} />}
              <Shifts incident={incident} />
              {incident.services.length > 0 && <Services incident={incident} />}
            </div>
          </div>
          {!isContrast && compared}
        </div>
      </ScrollArea>
    </>
  );
}

function Lead({ incident, now }: { readonly incident: Incident; readonly now: UnixNano }) {
  const failed = incident.totalCalls === 0 ? 0 : incident.failedCalls / incident.totalCalls;
  return (
    <Panel
      title="In short"
      actions={
        <ButtonLink look="primary" href={replayHref(incident.id, incident.startUnixNano)}>
          <Play size={13} fill="currentColor" aria-hidden /> Replay from the start
        </ButtonLink>
      }
    >
      <p className="px-3.5 pt-3 text-[14px] leading-[21px]">{incident.cause}</p>
      <dl className="grid grid-cols-5 gap-x-6 gap-y-3 px-3.5 py-3.5 max-[1100px]:grid-cols-3">
        <Fact label="Started" value={<Instant at={incident.startUnixNano} />}>
          first evidence, {formatDay(incident.startUnixNano)} UTC
        </Fact>
        <Fact
          label={incident.endUnixNano === undefined ? 'Goes on for' : 'Ended'}
          value={
            incident.endUnixNano === undefined ? (
              <RunningAge since={incident.startUnixNano} now={now} />
            ) : (
              <Instant at={incident.endUnixNano} />
            )
          }
        >
          {incident.endUnixNano === undefined
            ? 'not resolved yet'
            : `lasted ${lengthWords(incident, now)}`}
        </Fact>
        <Fact label="Noticed after" value={formatAge(detectNs(incident))}>
          {mitigationWords(incident)}
        </Fact>
        <Fact label="Failed calls" value={formatCount(incident.failedCalls)}>
          {formatPercent(failed)} of {formatCount(incident.totalCalls)} calls
        </Fact>
        <LastFact incident={incident} />
      </dl>
    </Panel>
  );
}

/** How much slower calls became, where that is what the incident is about; else how far the detour went. */
function LastFact({ incident }: { readonly incident: Incident }) {
  const worst = worstSlowdown(incident.slowdowns);
  if (worst === undefined || incident.shifts.length > 0) {
    return (
      <Fact label="Peak via DNS" value={formatPercent(incident.peakDnsRatio)}>
        normally {formatPercent(incident.normalDnsRatio)}
      </Fact>
    );
  }
  return (
    <Fact label="Median call" value={formatLatency(worst.during.p50Ns)}>
      {formatLatency(worst.before.p50Ns)} before, {worst.client === USERS ? 'users' : worst.client}{' '}
      to {worst.server}
    </Fact>
  );
}

function Fact({
  label,
  value,
  children,
}: {
  readonly label: string;
  readonly value: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div>
      <dt className="text-muted text-xs">{label}</dt>
      <dd className="num mt-0.5 font-medium text-[17px] leading-6">{value}</dd>
      <dd className="text-muted text-xs">{children}</dd>
    </div>
  );
}

/** The whole incident as the API gives it, and its timeline for a spreadsheet. */
function TimelineExport({ incident }: { readonly incident: Incident }) {
  const look = 'inline-flex h-7 items-center gap-1.5 rounded-lg px-2 text-muted text-xs';
  return (
    <>
      <a
        className={`${look} hover:bg-raise hover:text-fg`}
        href={`/api/v1/incidents/${encodeURIComponent(incident.id)}`}
        download={`${incident.id}.json`}
      >
        <Download size={13} aria-hidden /> JSON
      </a>
      <a
        className={`${look} hover:bg-raise hover:text-fg`}
        href={`data:text/csv;charset=utf-8,${encodeURIComponent(timelineCsv(incident))}`}
        download={`${incident.id}-timeline.csv`}
      >
        <Download size={13} aria-hidden /> CSV
      </a>
    </>
  );
}

function Events({ incident }: { readonly incident: Incident }) {
  return (
    <Panel
      title="What happened"
      hint={formatPlural(incident.events.length, 'event')}
      actions={<TimelineExport incident={incident} />}
    >
      <ol className="px-3.5 py-2">
        {incident.events.map((event, i) => {
          const { Icon, tone, word } = eventLook(event.kind);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: events are a fixed list and have no id
            <li key={i} className="relative flex gap-3 pb-3.5 last:pb-1">
              <span
                className="absolute top-7 bottom-0 left-[13px] w-px bg-edge [li:last-child>&]:hidden"
                aria-hidden
              />
              <span className="grid size-[27px] shrink-0 place-items-center rounded-full border border-edge bg-raise">
                <Icon size={14} className={tone} role="img" aria-label={word} />
              </span>
              <div className="min-w-0 flex-1 pt-1">
                <p>
                  <EventText event={event} />
                </p>
                {event.evidence !== '' && (
                  <p className="num mt-0.5 break-words text-muted text-xs">{event.evidence}</p>
                )}
              </div>
              <Link
                href={replayHref(incident.id, event.unixNano)}
                title="Replay this second"
                className="flex min-h-6 shrink-0 flex-col items-end pt-1 hover:underline"
              >
                <Instant at={event.unixNano} className="text-xs" />
                <span className="num text-2xs text-muted">
                  {formatOffset(elapsedNs(incident.startUnixNano, event.unixNano))}
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

/** Where no call fails, the slow ones are what to look at. */
function slowdownOf({ failedCalls, slowdowns }: Incident, service: string): Slowdown | undefined {
  if (failedCalls > 0) return undefined;
  return slowdowns.find(({ server }) => server === service) ?? slowdowns[0];
}

function Services({ incident }: { readonly incident: Incident }) {
  const search = (service: string): string => {
    const slow = slowdownOf(incident, service);
    const until = incident.endUnixNano ?? incident.detectedUnixNano;
    const to = until > incident.startUnixNano ? until : incident.startUnixNano + 60_000_000_000n;
    return `/traces?${new URLSearchParams({
      service,
      ...(slow === undefined
        ? { status: 'error' }
        : { minDuration: `${Math.round(slow.limitNs / NS_PER_MS)}ms` }),
      from: incident.startUnixNano.toString(),
      to: to.toString(),
    })}`;
  };
  return (
    <Panel
      title="Services touched"
      hint={incident.failedCalls === 0 ? 'slow traces of each' : 'failed traces of each'}
    >
      <ul className="flex flex-wrap gap-2 px-3.5 py-3">
        {incident.services.map((service) => (
          <li key={service}>
            <ButtonLink size="small" href={search(service)}>
              {service}
            </ButtonLink>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
