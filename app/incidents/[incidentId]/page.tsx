import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { IncidentOverview } from '#views/incidents/incident-overview.tsx';
import { answerInPart } from '../../_server/database.ts';
import { compareIncident } from '../../_server/load-comparison.ts';
import { loadIncident } from '../../_server/load-incidents.ts';
import { now } from '../../_server/now.ts';

export const dynamic = 'force-dynamic';

interface Address {
  readonly params: Promise<{ readonly incidentId: string }>;
}

export async function generateMetadata({ params }: Address): Promise<Metadata> {
  const incident = await loadIncident(decodeURIComponent((await params).incidentId));
  return { title: incident === undefined ? 'Incident' : `INC-${incident.number}` };
}

export default async function IncidentPage({ params }: Address) {
  const incident = await loadIncident(decodeURIComponent((await params).incidentId));
  if (incident === undefined) notFound();
  const { found, missing } = await answerInPart(() => compareIncident(incident));
  return <IncidentOverview incident={incident} comparison={found} missing={missing} now={now()} />;
}
