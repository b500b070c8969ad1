import type { Metadata } from 'next';
import { Suspense } from 'react';
import { LabScreen } from '#views/lab/lab-screen.tsx';

export const metadata: Metadata = { title: 'Lab' };

export default function LabPage() {
  return (
    <Suspense>
      <LabScreen />
    </Suspense>
  );
}
