import { SearchX } from 'lucide-react';
import { ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';

export default function IncidentNotFound() {
  return (
    <>
      <Header title="Incident not found" />
      <EmptyState
        icon={<SearchX size={20} />}
        title="There is no incident of this name"
        action={
          <ButtonLink href="/incidents" look="primary">
            All incidents
          </ButtonLink>
        }
      >
        It may belong to another installation of Detour, or its data are no longer kept.
      </EmptyState>
    </>
  );
}
