import type { Metadata } from 'next';
import { connection } from 'next/server';
import { Suspense } from 'react';
import { ControlPlaneScreen } from '#views/control-plane/control-plane-screen.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { loadControlPlane } from '../_server/load-control-plane.ts';
import { parseAt, type SearchParams } from '../_server/parse-query.ts';

export const metadata: Metadata = { title: 'Control plane' };

export default async function ControlPlanePage({
  searchParams,
}: {
  readonly searchParams: Promise<SearchParams>;
}) {
  await connection();
  const at = parseAt({ at: (await searchParams)['at'] });
  if (at.kind === 'bad') {
    return (
      <>
        <Header title="Control plane" />
        <EmptyState title="This address names no moment">{at.faults[0]?.detail}</EmptyState>
      </>
    );
  }
  return (
    <Suspense>
      <ControlPlaneScreen
        initial={await loadControlPlane(at.value)}
        isFixed={at.value !== undefined}
      />
    </Suspense>
  );
}
