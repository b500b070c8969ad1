'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type RefObject, useMemo, useRef } from 'react';
import type { Incident } from '#analysis/incident/incident.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { formatPercent } from '#views/format/format-number.ts';
import { formatClock, formatDay } from '#views/format/format-time.ts';
import { SeverityBadge, StateBadge } from '#views/incidents/incident-badges.tsx';
import {
  durationBar,
  groupOf,
  INCIDENT_GROUPS,
  lengthNs,
  lengthWords,
  replayHref,
} from '#views/incidents/incident-facts.ts';
import { RunningAge } from '#views/incidents/running-age.tsx';
import { useKeys } from '#views/shell/keys.tsx';

export function IncidentTable({
  incidents,
  now,
}: {
  readonly incidents: readonly Incident[];
  readonly now: UnixNano;
}) {
  const table = useRef<HTMLTableElement>(null);
  useRowKeys(table);
  return (
    <table ref={table} className="w-full min-w-[860px] text-sm">
      <caption className="sr-only">Incidents, newest first</caption>
      <thead className="sticky top-0 z-10 bg-bg text-left text-muted text-xs">
        <tr className="h-8 shadow-[inset_0_-1px_0_var(--line)]">
          <th className="w-24 pr-2 pl-5 font-medium">Severity</th>
          <th className="px-2 font-medium">What happened</th>
          <th className="w-28 px-2 font-medium">Started, UTC</th>
          <th className="w-32 px-2 font-medium max-[1200px]:w-24">Lasted</th>
          <th className="w-32 px-2 font-medium max-[1200px]:w-24">Peak via DNS</th>
          <th className="w-44 px-2 font-medium max-[1200px]:hidden">Services</th>
          <th className="w-32 px-2 font-medium">State</th>
        </tr>
      </thead>
      {INCIDENT_GROUPS.map((group) => {
        const rows = incidents.filter((incident) => groupOf(incident, now) === group);
        return rows.length === 0 ? null : (
          <tbody key={group}>
            <tr className="h-7 border-line border-b bg-band">
              <th
                scope="rowgroup"
                colSpan={7}
                className="px-5 text-left font-normal text-muted text-xs"
              >
                {group}
              </th>
            </tr>
            {rows.map((incident) => (
              <Row key={incident.id} incident={incident} now={now} />
            ))}
          </tbody>
        );
      })}
    </table>
  );
}

function useRowKeys(table: RefObject<HTMLTableElement | null>): void {
  const router = useRouter();
  const bindings = useMemo(() => {
    const links = () => [
      ...(table.current?.querySelectorAll<HTMLAnchorElement>('a[data-incident]') ?? []),
    ];
    const at = () => links().indexOf(document.activeElement as HTMLAnchorElement);
    const step = (by: number) => () => {
      const all = links();
      all[Math.max(0, Math.min(all.length - 1, at() + by))]?.focus();
    };
    return [
      { keys: 'j', label: 'Next incident', run: step(1) },
      { keys: 'k', label: 'Previous incident', run: step(-1) },
      {
        keys: 'r',
        label: 'Replay it',
        run: () => {
          const id = (links()[Math.max(0, at())] as HTMLAnchorElement | undefined)?.dataset[
            'incident'
          ];
          if (id !== undefined) router.push(replayHref(id));
        },
      },
    ];
  }, [table, router]);
  useKeys('Incidents', bindings);
}

function Row({ incident, now }: { readonly incident: Incident; readonly now: UnixNano }) {
  const router = useRouter();
  const href = `/incidents/${encodeURIComponent(incident.id)}`;
  const named = incident.services.slice(0, 3).join(', ');
  const more = incident.services.length - 3;
  return (
    <tr
      onClick={() => router.push(href)}
      className="h-14 cursor-pointer border-line border-b focus-within:bg-raise focus-within:shadow-[inset_3px_0_0_var(--select)] hover:bg-raise/60"
    >
      <td className="pr-2 pl-5">
        <SeverityBadge incident={incident} />
      </td>
      <td className="max-w-0 px-2">
        <div className="flex items-baseline gap-2">
          <Link
            data-incident={incident.id}
            href={href}
            onClick={(event) => event.stopPropagation()}
            className="truncate font-medium outline-none"
          >
            {incident.title}
          </Link>
          <span className="num shrink-0 text-muted text-xs">INC-{incident.number}</span>
        </div>
        <div className="truncate text-muted text-xs">{incident.cause}</div>
      </td>
      <td className="num px-2 text-muted text-xs">
        {formatDay(incident.startUnixNano).replace(/ \d{4}$/, '')}
        <br />
        {formatClock(incident.startUnixNano)}
      </td>
      <td className="px-2">
        <span className="num">
          {incident.endUnixNano === undefined ? (
            <RunningAge since={incident.startUnixNano} now={now} />
          ) : (
            lengthWords(incident, now)
          )}
        </span>
        <Bar
          share={durationBar(lengthNs(incident, now))}
          fill={incident.severity === 1 ? 'bg-crit' : 'bg-dim'}
        />
      </td>
      <td className="px-2">
        <span className="num">{formatPercent(incident.peakDnsRatio)}</span>
        <Bar share={incident.peakDnsRatio} fill="fill-dns" mark={incident.normalDnsRatio} />
      </td>
      <td
        className="px-2 text-muted text-xs max-[1200px]:hidden"
        title={incident.services.join(', ')}
      >
        {named}
        {more > 0 && ` +${more}`}
      </td>
      <td className="px-2">
        <StateBadge incident={incident} />
      </td>
    </tr>
  );
}

function Bar({
  share,
  fill,
  mark,
}: {
  readonly share: number;
  readonly fill: string;
  /** What is normal, 0..1. */
  readonly mark?: number;
}) {
  return (
    <span className="relative mt-1 block h-1 w-24 max-w-full rounded-[1px] bg-raise" aria-hidden>
      <span
        className={`block h-full rounded-[1px] ${fill}`}
        style={{ width: `${Math.min(1, share) * 100}%` }}
      />
      {mark !== undefined && mark > 0 && (
        <span
          className="absolute -top-0.5 h-2 w-px bg-fg"
          style={{ left: `${Math.min(1, mark) * 100}%` }}
        />
      )}
    </span>
  );
}
