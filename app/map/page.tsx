import type { Metadata } from 'next';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';

export const metadata: Metadata = { title: 'Map' };

export default function MapPage() {
  return (
    <>
      <Header title="Live map" />
      <EmptyState title="Nothing has arrived yet" />
    </>
  );
}
