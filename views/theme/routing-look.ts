import type { RoutingMode } from '#telemetry/routing-mode.ts';

/**
 * The line that a routing mode is drawn with, everywhere: map edges, split bars, waterfall hops, areas, legends.
 *
 *   solid   ────●────   mesh            dashed  ─ ─ ■ ─ ─   DNS
 *   double  ════○════   mesh, cached    dotted  · · · · ·   an address, a file
 *   broken  ──✕· · · ·  no config       faint   – – – – –   no evidence
 */
export type RoutingForm = 'solid' | 'double' | 'broken' | 'dashed' | 'dotted' | 'faint';

export interface RoutingLook {
  /** For people; the mode's own name stands only in queries and attributes. */
  readonly label: string;
  /** Beside an edge, where there is little room. */
  readonly short: string;
  readonly explanation: string;
  readonly form: RoutingForm;
  /** Name of a colour token. */
  readonly hue: 'mesh' | 'dns' | 'crit' | 'plain';
  /** Class that fills a bar. */
  readonly fill: string;
  /** Class for its words. */
  readonly text: string;
}

const LOOKS: Readonly<Record<RoutingMode, RoutingLook>> = {
  'xds-live': {
    label: 'Mesh',
    short: 'mesh',
    explanation: 'configuration confirmed on a live stream',
    form: 'solid',
    hue: 'mesh',
    fill: 'fill-mesh',
    text: 'text-mesh-text',
  },
  'xds-fallback': {
    label: 'Mesh, fallback server',
    short: 'fallback',
    explanation: 'configuration of a second xDS server',
    form: 'solid',
    hue: 'mesh',
    fill: 'fill-mesh',
    text: 'text-mesh-text',
  },
  'xds-cached': {
    label: 'Mesh, from cache',
    short: 'cached',
    explanation: 'stream lost, last known configuration still routes',
    form: 'double',
    hue: 'mesh',
    fill: 'fill-cached',
    text: 'text-mesh-text',
  },
  'xds-none': {
    label: 'No config',
    short: 'no config',
    explanation: 'asked of the mesh, and no address was found',
    form: 'broken',
    hue: 'crit',
    fill: 'fill-no-config',
    text: 'text-crit-text',
  },
  dns: {
    label: 'DNS',
    short: 'DNS',
    explanation: 'resolved by DNS',
    form: 'dashed',
    hue: 'dns',
    fill: 'fill-dns',
    text: 'text-dns-text',
  },
  static: {
    label: 'Static',
    short: 'static',
    explanation: 'from a file',
    form: 'dotted',
    hue: 'plain',
    fill: 'fill-plain',
    text: 'text-muted',
  },
  direct: {
    label: 'Direct',
    short: 'direct',
    explanation: 'the caller used an address as it was',
    form: 'dotted',
    hue: 'plain',
    fill: 'fill-plain',
    text: 'text-muted',
  },
  unknown: {
    label: 'Unknown',
    short: 'unknown',
    explanation: 'no evidence in the span',
    form: 'faint',
    hue: 'plain',
    fill: 'fill-plain',
    text: 'text-dim',
  },
};

/** From the mesh at its best to the unknown: the order of bars, stacks and legends. */
export const MODE_ORDER: readonly RoutingMode[] = [
  'xds-live',
  'xds-fallback',
  'xds-cached',
  'xds-none',
  'dns',
  'static',
  'direct',
  'unknown',
];

export function routingLook(mode: RoutingMode): RoutingLook {
  return LOOKS[mode];
}
