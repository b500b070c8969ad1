import { ChevronRight } from 'lucide-react';
import Link from 'next/link';
import type { Incident } from '#analysis/incident/incident.ts';
import { SeverityBadge, StateBadge } from '#views/incidents/incident-badges.tsx';
import { replayHref } from '#views/incidents/incident-facts.ts';
import { classNames } from '#views/shell/class-names.ts';
import { CopyLink } from '#views/shell/copy-link.tsx';
import { Header } from '#views/shell/header.tsx';

/** Who it is and where one is in it. */
export function IncidentHeader({
  incident,
  tab,
}: {
  readonly incident: Incident;
  readonly tab: 'overview' | 'replay';
}) {
  const tabs = [
    { key: 'overview', label: 'Overview', href: `/incidents/${encodeURIComponent(incident.id)}` },
    { key: 'replay', label: 'Replay', href: replayHref(incident.id) },
  ];
  return (
    <Header
      title={
        <span className="flex items-center gap-2">
          <Link href="/incidents" className="font-normal text-muted text-sm hover:text-fg">
            Incidents
          </Link>
          <ChevronRight size={13} className="text-dim" aria-hidden />
          <span className="num font-normal text-muted text-sm">INC-{incident.number}</span>
          <span
            className="line-clamp-2 max-w-[40vw] leading-[18px] max-[1200px]:max-w-[26vw] max-[1200px]:text-[13px]"
            title={incident.title}
          >
            {incident.title}
          </span>
        </span>
      }
      right={
        <>
          <nav
            aria-label="Parts of the incident"
            className="flex items-center rounded-lg border border-edge p-0.5"
          >
            {tabs.map(({ key, label, href }) => (
              <Link
                key={key}
                href={href}
                aria-current={key === tab ? 'page' : undefined}
                className={classNames(
                  'flex h-[26px] items-center rounded-md px-2.5 text-sm',
                  key === tab ? 'bg-raise text-fg' : 'text-muted hover:text-fg',
                )}
              >
                {label}
              </Link>
            ))}
          </nav>
          <CopyLink />
        </>
      }
    >
      <SeverityBadge incident={incident} />
      <StateBadge incident={incident} />
    </Header>
  );
}
