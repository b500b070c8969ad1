import type { Metadata } from 'next';
import { IncidentsScreen } from '#views/incidents/incidents-screen.tsx';
import { loadIncidents } from '../_server/load-incidents.ts';
import { now } from '../_server/now.ts';

export const metadata: Metadata = { title: 'Incidents' };
export const dynamic = 'force-dynamic';

export default async function IncidentsPage() {
  return <IncidentsScreen incidents={await loadIncidents()} now={now()} />;
}
