'use client';

import { TriangleAlert } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { startTransition } from 'react';
import { Button } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';

/** A page that could not be loaded. What exactly failed stands in the server's log under the same number. */
export default function LoadError({
  error,
  reset,
}: {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}) {
  const router = useRouter();
  const again = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <>
      <Header title="Not loaded" />
      <EmptyState
        icon={<TriangleAlert size={20} aria-hidden />}
        title="This page could not be loaded"
        action={
          <Button look="primary" onClick={again}>
            Try again
          </Button>
        }
      >
        Most likely the database does not answer.
        {error.digest !== undefined && (
          <>
            {' '}
            The log, whose place <code className="num">npm start</code> names, has it under{' '}
            <code className="num">{error.digest}</code>.
          </>
        )}
      </EmptyState>
    </>
  );
}
