import { FAILURE_WINDOW_SECONDS } from '#analysis/incident/find-failures.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import {
  type RoutingSecond,
  type ShiftSearch,
  toRoutingSeconds,
} from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { fromUnixMs, startOfSecond, type UnixSecond, unixSecond } from '#telemetry/time.ts';

/** Calls of one edge by second, ascending. */
interface EdgeRouting {
  readonly client: string;
  readonly server: string;
  readonly seconds: readonly RoutingSecond[];
}

/** By edge id; only edges that any mode says something about. */
export type MeshRouting = ReadonlyMap<string, EdgeRouting>;

export function toMeshRouting(edges: readonly CallEdgeSecond[]): MeshRouting {
  const ends = new Map(edges.map((edge) => [edgeId(edge), edge]));
  const routing = new Map<string, EdgeRouting>();
  for (const [id, seconds] of toRoutingSeconds(edges)) {
    const end = ends.get(id);
    if (end !== undefined) {
      routing.set(id, { client: end.client, server: end.server, seconds });
    }
  }
  return routing;
}

/** So many closed seconds that went one way, as the open ones do, say that nothing turns. */
const STEADY_SECONDS = 2;

/** Edges that may be turning, closed and open seconds together: a large mesh has hundreds that are not. */
export function turningEdges(closed: MeshRouting, open: MeshRouting): MeshRouting {
  const turning = new Map<string, EdgeRouting>();
  for (const [id, edge] of open) {
    const before = closed.get(id)?.seconds ?? [];
    const recent = [...before.slice(-STEADY_SECONDS), ...edge.seconds];
    const isSteady =
      recent.every((entry) => entry.dns === 0) || recent.every((entry) => entry.mesh === 0);
    if (!isSteady) turning.set(id, { ...edge, seconds: [...before, ...edge.seconds] });
  }
  return turning;
}

/** What `detect` finds on each edge. `known` are shifts of any edge, ascending. */
export function findShifts(
  detect: (search: ShiftSearch) => RoutingShift | undefined,
  routing: MeshRouting,
  known: readonly RoutingShift[],
  nowMs: number,
): readonly RoutingShift[] {
  const nowUnixNano = fromUnixMs(nowMs);
  return [...routing].flatMap(([id, { client, server, seconds }]) => {
    const own = known.filter((entry) => edgeId(entry) === id);
    const shift = detect({ client, server, seconds, known: own, nowUnixNano });
    return shift === undefined ? [] : [shift];
  });
}

/** A shift found again replaces its former self. */
export function mergeShifts(
  known: readonly RoutingShift[],
  found: readonly RoutingShift[],
): readonly RoutingShift[] {
  const byId = new Map([...known, ...found].map((shift) => [shift.id, shift]));
  return [...byId.values()].sort((a, b) => Number(a.atUnixNano - b.atUnixNano));
}

/** Of the incident under way, or of the last minutes. */
export function shiftsLately(
  shifts: readonly RoutingShift[],
  incident: Incident | undefined,
  second: UnixSecond,
): readonly RoutingShift[] {
  const since =
    incident?.startUnixNano ?? startOfSecond(unixSecond(second - FAILURE_WINDOW_SECONDS));
  return shifts.filter((shift) => shift.toUnixNano >= since);
}
