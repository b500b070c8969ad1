'use client';

import { OctagonAlert } from 'lucide-react';
import Link from 'next/link';
import { formatAgeAt } from '#views/format/format-time.ts';
import { useLive } from './use-live.ts';

/** The newest open incident in the header of every live screen; nothing while all is well. */
export function IncidentBadge() {
  const { snapshot } = useLive();
  const incident = snapshot?.openIncidents[0];
  if (snapshot === undefined || incident === undefined) return null;
  return (
    <Link
      href={`/incidents/${encodeURIComponent(incident.id)}`}
      className="inline-flex h-7 min-w-0 items-center gap-1.5 rounded-full border border-crit-edge bg-crit-fill px-2.5 text-crit-text text-sm hover:border-crit"
    >
      <OctagonAlert size={13} className="shrink-0" aria-hidden />
      <span className="num shrink-0 font-semibold">INC-{incident.number}</span>
      <span className="truncate">{incident.title}</span>
      <span className="shrink-0 whitespace-nowrap">
        {incident.state}{' '}
        <span className="num font-semibold">
          {formatAgeAt(incident.startUnixNano, snapshot.takenUnixNano)}
        </span>
      </span>
    </Link>
  );
}
