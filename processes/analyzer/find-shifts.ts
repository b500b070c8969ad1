import { FAILURE_WINDOW_SECONDS } from '#analysis/incident/find-failures.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import { type ShiftSearch, toRoutingSeconds } from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { edgeId } from '#analysis/service-map/build-service-map.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { fromUnixMs, startOfSecond, type UnixSecond, unixSecond } from '#telemetry/time.ts';

/** What `detect` finds on each edge. `edges` are ascending; `known` are shifts of any edge, ascending. */
export function findShifts(
  detect: (search: ShiftSearch) => RoutingShift | undefined,
  edges: readonly CallEdgeSecond[],
  known: readonly RoutingShift[],
  nowMs: number,
): readonly RoutingShift[] {
  const nowUnixNano = fromUnixMs(nowMs);
  const ends = new Map(edges.map((edge) => [edgeId(edge), edge]));
  return [...toRoutingSeconds(edges)].flatMap(([id, seconds]) => {
    const end = ends.get(id);
    if (end === undefined) return [];
    const own = known.filter((entry) => edgeId(entry) === id);
    const { client, server } = end;
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
