import {
  CircleCheck,
  Construction,
  FileX2,
  GitCommitHorizontal,
  Hourglass,
  type LucideIcon,
  Network,
  OctagonAlert,
  Plug,
  RotateCcw,
  ShieldCheck,
  Siren,
  Skull,
  Undo2,
  Unplug,
} from 'lucide-react';
import type { IncidentEventKind } from '#analysis/incident/incident.ts';

export interface EventLook {
  readonly Icon: LucideIcon;
  /** A word or two for a chip on a crowded line. */
  readonly word: string;
  /** Classes of the icon. */
  readonly tone: string;
}

const LOOKS: Readonly<Record<IncidentEventKind, EventLook>> = {
  'incident-opened': { Icon: Siren, word: 'Incident opened', tone: 'text-crit' },
  'config-lost': { Icon: FileX2, word: 'Config lost', tone: 'text-crit' },
  'config-restored': { Icon: RotateCcw, word: 'Config restored', tone: 'text-ok' },
  release: { Icon: GitCommitHorizontal, word: 'Release', tone: 'text-control' },
  'control-plane-lost': { Icon: Unplug, word: 'Control plane lost', tone: 'text-crit' },
  'control-plane-restored': { Icon: Plug, word: 'Control plane back', tone: 'text-ok' },
  'push-rejected': { Icon: FileX2, word: 'Push rejected', tone: 'text-warn' },
  'push-accepted': { Icon: CircleCheck, word: 'Push accepted', tone: 'text-ok' },
  'push-held-back': { Icon: ShieldCheck, word: 'Push held back', tone: 'text-control' },
  'push-fatal': { Icon: Skull, word: 'Push kills clients', tone: 'text-crit' },
  'push-survived': { Icon: CircleCheck, word: 'Clients stay up', tone: 'text-ok' },
  'clients-cut-off': { Icon: Unplug, word: 'Clients cut off', tone: 'text-warn' },
  'clients-back': { Icon: Plug, word: 'Clients back', tone: 'text-ok' },
  'version-regressed': { Icon: Undo2, word: 'Older version', tone: 'text-warn' },
  'failures-began': { Icon: OctagonAlert, word: 'Failures began', tone: 'text-crit' },
  'failures-ended': { Icon: CircleCheck, word: 'Failures ended', tone: 'text-ok' },
  'slow-began': { Icon: Hourglass, word: 'Slow', tone: 'text-warn' },
  'slow-ended': { Icon: CircleCheck, word: 'Quick again', tone: 'text-ok' },
  'shift-began': { Icon: Network, word: 'Shift began', tone: 'text-dns' },
  'shift-half': { Icon: Network, word: 'Half moved', tone: 'text-dns' },
  'shift-ended': { Icon: Network, word: 'Shift ended', tone: 'text-dns' },
  'client-stuck': { Icon: Construction, word: 'Client stuck', tone: 'text-warn' },
  'dns-failing': { Icon: OctagonAlert, word: 'DNS failing', tone: 'text-crit' },
  mitigated: { Icon: CircleCheck, word: 'Mitigated', tone: 'text-ok' },
  resolved: { Icon: CircleCheck, word: 'Resolved', tone: 'text-ok' },
};

export function eventLook(kind: IncidentEventKind): EventLook {
  return LOOKS[kind];
}
