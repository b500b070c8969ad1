import type { ModeCount, ServiceEdge, ServiceMap } from '#analysis/service-map/service-map.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { MODE_ORDER, type RoutingForm, routingLook } from '#views/theme/routing-look.ts';
import { cutLine, offsetLine, type Point, type Polyline, pointAlong } from './polyline.ts';

/** One line of the map: an edge has a strand for each way its callee was found. */
export interface Strand {
  readonly key: string;
  readonly edgeId: string;
  readonly form: RoutingForm | 'idle';
  readonly hue: 'mesh' | 'dns' | 'crit' | 'plain';
  readonly line: Polyline;
  readonly width: number;
  /** Changed or failing: drawn in full while the usual stays quiet. */
  readonly isLoud: boolean;
  readonly perSecond: number;
  readonly errorRatio: number;
  /** Where the call ends that found no address: it never left its caller. */
  readonly broken?: { readonly head: Polyline; readonly rest: Polyline; readonly at: Point };
}

const STRAND_STEP = 7;
/** A share too small to see is not worth a strand, unless it fails. */
const MIN_SHARE = 0.015;
const BREAK_AT = { share: 0.46, maxPx: 84 };

export function buildStrands(
  map: ServiceMap,
  routes: ReadonlyMap<string, Polyline>,
): readonly Strand[] {
  return map.edges.flatMap((edge) => {
    const line = routes.get(edge.id);
    return line === undefined ? [] : strandsOf(edge, line);
  });
}

/** Not in its usual mode, failing, or living on what it remembers. */
export function isLoudEdge(edge: ServiceEdge): boolean {
  return (
    edge.usualMode !== undefined ||
    edge.health === 'critical' ||
    edge.health === 'degraded' ||
    edge.byMode.some(
      ({ mode, calls }) => (mode === 'xds-none' || mode === 'xds-cached') && calls > 0,
    )
  );
}

function strandsOf(edge: ServiceEdge, line: Polyline): readonly Strand[] {
  const counts = visibleCounts(edge);
  if (counts.length === 0) return [idleStrand(edge, line)];
  const seconds = edge.callsPerSecond > 0 ? edge.calls / edge.callsPerSecond : 1;
  const width = Math.min(4, 1.5 + Math.log10(1 + edge.callsPerSecond) * 0.9);
  return counts.map((count, i) => {
    const look = routingLook(count.mode);
    const own = movedLine(line, (i - (counts.length - 1) / 2) * STRAND_STEP);
    return {
      key: `${edge.id} ${count.mode}`,
      edgeId: edge.id,
      form: look.form,
      hue: look.hue,
      line: own,
      width: Math.max(1.4, counts.length === 1 ? width : (width * count.calls) / edge.calls + 0.6),
      isLoud: isLoudEdge(edge),
      perSecond: count.calls / seconds,
      errorRatio: count.errors / count.calls,
      ...(look.form === 'broken' ? { broken: brokenLine(own) } : {}),
    };
  });
}

function visibleCounts(edge: ServiceEdge): readonly ModeCount[] {
  const byMode = new Map<RoutingMode, ModeCount>(edge.byMode.map((count) => [count.mode, count]));
  return MODE_ORDER.flatMap((mode) => {
    const count = byMode.get(mode);
    if (count === undefined || count.calls === 0) return [];
    return count.errors === 0 && count.calls < edge.calls * MIN_SHARE ? [] : [count];
  });
}

function idleStrand(edge: ServiceEdge, line: Polyline): Strand {
  return {
    key: `${edge.id} idle`,
    edgeId: edge.id,
    form: 'idle',
    hue: 'plain',
    line,
    width: 1.2,
    isLoud: false,
    perSecond: 0,
    errorRatio: 0,
  };
}

const moved = new WeakMap<Polyline, Map<number, Polyline>>();
const broken = new WeakMap<Polyline, NonNullable<Strand['broken']>>();

/** The same object for the same line: what is drawn of it is kept from snapshot to snapshot. */
function movedLine(line: Polyline, by: number): Polyline {
  const known = moved.get(line) ?? new Map<number, Polyline>();
  moved.set(line, known);
  const own = known.get(by) ?? offsetLine(line, by);
  known.set(by, own);
  return own;
}

function brokenLine(line: Polyline): NonNullable<Strand['broken']> {
  const own = broken.get(line) ?? breakLine(line);
  broken.set(line, own);
  return own;
}

function breakLine(line: Polyline): NonNullable<Strand['broken']> {
  const at = Math.min(line.length * BREAK_AT.share, BREAK_AT.maxPx);
  const { x, y } = pointAlong(line, at);
  return {
    head: cutLine(line, 0, at - 8),
    rest: cutLine(line, at + 9, line.length),
    at: { x, y },
  };
}
