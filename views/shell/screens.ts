import { FlaskConical, History, ListTree, type LucideIcon, Server, Waypoints } from 'lucide-react';

/** The five places, in the order of the rail; `key` follows `g`. */
export const SCREENS: readonly {
  readonly href: string;
  readonly label: string;
  readonly key: string;
  readonly Icon: LucideIcon;
}[] = [
  { href: '/map', label: 'Map', key: 'm', Icon: Waypoints },
  { href: '/traces', label: 'Traces', key: 't', Icon: ListTree },
  { href: '/control-plane', label: 'Control', key: 'c', Icon: Server },
  { href: '/incidents', label: 'Incidents', key: 'i', Icon: History },
  { href: '/lab', label: 'Lab', key: 'l', Icon: FlaskConical },
];
