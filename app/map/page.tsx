import type { Metadata } from 'next';
import { connection } from 'next/server';
import { Suspense } from 'react';
import { FirstRun } from '#views/first-run/first-run.tsx';
import { MapScreen } from '#views/service-map/map-screen.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { parseWindow, type SearchParams } from '../_server/parse-query.ts';
import { readIngestAddress } from '../_server/read-ingest-address.ts';
import { hasForeignServices, loadLiveSnapshot, loadMapSnapshot } from './load-map-snapshot.ts';

export const metadata: Metadata = { title: 'Map' };

export default async function MapPage({
  searchParams,
}: {
  readonly searchParams: Promise<SearchParams>;
}) {
  await connection();
  const params = await searchParams;
  const isFixed = params['from'] !== undefined || params['to'] !== undefined;
  if (!isFixed && !(await hasForeignServices())) {
    return <FirstRun ingest={readIngestAddress()} />;
  }
  const window = isFixed ? parseWindow(params) : undefined;
  if (window?.kind === 'bad') return <BadWindow detail={window.faults[0]?.detail ?? ''} />;
  return (
    <Suspense>
      <MapScreen
        initial={
          window === undefined ? await loadLiveSnapshot() : await loadMapSnapshot(window.value)
        }
        window={window?.value}
      />
    </Suspense>
  );
}

function BadWindow({ detail }: { readonly detail: string }) {
  return (
    <>
      <Header title="Map" />
      <EmptyState title="This address names no time">
        {detail}. <a href="/map">Show the live map</a>
      </EmptyState>
    </>
  );
}
