import {
  FlaskConical,
  HeartPulse,
  History,
  ListTree,
  type LucideIcon,
  Server,
  Waypoints,
} from 'lucide-react';

interface Screen {
  readonly href: string;
  readonly label: string;
  readonly key: string;
  readonly Icon: LucideIcon;
}

/** The five places, in the order of the rail; `key` follows `g`. */
export const SCREENS: readonly Screen[] = [
  { href: '/map', label: 'Map', key: 'm', Icon: Waypoints },
  { href: '/traces', label: 'Traces', key: 't', Icon: ListTree },
  { href: '/control-plane', label: 'Control', key: 'c', Icon: Server },
  { href: '/incidents', label: 'Incidents', key: 'i', Icon: History },
  { href: '/lab', label: 'Lab', key: 'l', Icon: FlaskConical },
];

/** At the rail's foot: about Detour, not about the mesh. */
export const OWN_HEALTH: Screen = {
  href: '/health',
  label: 'Detour’s own health',
  key: 'h',
  Icon: HeartPulse,
};
