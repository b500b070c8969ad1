import { SearchX } from 'lucide-react';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';

export default function TraceNotFound() {
  return (
    <>
      <Header title="Trace not found" />
      <EmptyState
        icon={<SearchX size={20} />}
        title="No span of this trace is stored"
        action={
          <>
            <ButtonLink href="/traces" look="primary">
              Search traces
            </ButtonLink>
            <ButtonLink href="/map">Live map</ButtonLink>
          </>
        }
      >
        A trace id has 32 hexadecimal digits. The trace may be older than what is kept, it may not
        have been sampled, or its spans are still on their way: then load this page again in a few
        seconds.
      </EmptyState>
    </>
  );
}
