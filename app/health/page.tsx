import type { Metadata } from 'next';
import { connection } from 'next/server';
import { HealthScreen } from '#views/health/health-screen.tsx';
import { tryLoadHealth } from '../_server/load-health.ts';
import { readIngestAddress } from '../_server/read-ingest-address.ts';

export const metadata: Metadata = { title: 'Detour’s own health' };

export default async function HealthPage() {
  await connection();
  return <HealthScreen initial={await tryLoadHealth()} ingest={readIngestAddress()} />;
}
