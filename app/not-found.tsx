import { Compass } from 'lucide-react';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';

export default function NotFound() {
  return (
    <>
      <Header title="Not found" />
      <EmptyState
        icon={<Compass size={20} aria-hidden />}
        title="There is nothing at this address"
        action={<ButtonLink href="/map">Go to the map</ButtonLink>}
      >
        A link may name something older than what is kept.
      </EmptyState>
    </>
  );
}
