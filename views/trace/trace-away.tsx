import { DatabaseZap } from 'lucide-react';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { missingWords } from '#views/shell/missing-words.ts';

/** In place of a trace that lies, or may lie, where nobody answers: that is not "not found". */
export function TraceAway({ databases }: { readonly databases: readonly string[] }) {
  return (
    <>
      <Header title="Trace out of reach" />
      <EmptyState
        icon={<DatabaseZap size={20} aria-hidden />}
        title="This trace cannot be read now"
        action={<ButtonLink href="/traces">Search traces</ButtonLink>}
      >
        {missingWords(databases)} If the trace was stored, it is there again once the database
        answers: then load this page again.
      </EmptyState>
    </>
  );
}
