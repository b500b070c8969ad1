import { Check, CircleDot, Eye, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { Incident } from '#analysis/incident/incident.ts';
import { Badge } from '#views/shell/badge.tsx';

/** Severity as icon and word; only 1 and 2 have colour. */
export function SeverityBadge({ incident }: { readonly incident: Pick<Incident, 'severity'> }) {
  if (incident.severity === 1) {
    return (
      <Badge tone="crit" round>
        <OctagonAlert size={13} aria-hidden /> SEV-1
      </Badge>
    );
  }
  if (incident.severity === 2) {
    return (
      <Badge tone="warn" round>
        <TriangleAlert size={13} aria-hidden /> SEV-2
      </Badge>
    );
  }
  return <Badge round>SEV-3</Badge>;
}

/** Where it stands: open, mitigated (users are served again), resolved. */
export function StateBadge({ incident }: { readonly incident: Pick<Incident, 'state'> }) {
  switch (incident.state) {
    case 'open':
      return (
        <Badge tone="crit" round>
          <CircleDot size={13} aria-hidden /> Open
        </Badge>
      );
    case 'mitigated':
      return (
        <Badge tone="warn" round>
          <Eye size={13} aria-hidden /> Mitigated
        </Badge>
      );
    case 'resolved':
      return (
        <Badge tone="ok" round>
          <Check size={13} aria-hidden /> Resolved
        </Badge>
      );
  }
}
