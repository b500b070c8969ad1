import type { RoutingShift, ServiceShift } from '#analysis/routing/routing-shift.ts';
import type { UnixNano } from '#telemetry/time.ts';

/**
 * Services in the order in which they began to move; a service that goes and comes back has two entries.
 * A move to DNS is not over while calls of the service (one of `failing`) still fail, nor the way back before as many
 * edges are back as had left.
 */
export function toServiceShifts(
  shifts: readonly RoutingShift[],
  failing: ReadonlySet<string> = new Set(),
): readonly ServiceShift[] {
  const groups = new Map<string, RoutingShift[]>();
  for (const shift of shifts) {
    const key = `${shift.client}\n${shift.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), shift]);
  }
  return [...groups.values()]
    .flatMap(toServiceShift)
    .map((shift, _, all) => (isUnderWay(shift, all, failing) ? withoutEnd(shift) : shift))
    .sort((a, b) => Number(a.beganUnixNano - b.beganUnixNano) || (a.service < b.service ? -1 : 1));
}

/** The service that began to move to DNS first, and the one that did last. */
export function moversOf(shifts: readonly ServiceShift[]): { first?: string; last?: string } {
  const toDns = shifts.filter((shift) => shift.direction === 'to-dns');
  const first = toDns[0]?.service;
  const last = toDns.at(-1)?.service;
  return { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) };
}

function toServiceShift(shifts: readonly RoutingShift[]): readonly ServiceShift[] {
  const first = shifts[0];
  if (first === undefined) return [];
  const ended = shifts.map((shift) => shift.completedUnixNano);
  const allEnded = ended.filter((instant) => instant !== undefined);
  return [
    {
      service: first.client,
      direction: first.direction,
      beganUnixNano: shifts.map((shift) => shift.atUnixNano).reduce(earlier),
      ...(allEnded.length === ended.length ? { endedUnixNano: allEnded.reduce(later) } : {}),
      edges: new Set(shifts.map((shift) => shift.server)).size,
    },
  ];
}

function isUnderWay(
  shift: ServiceShift,
  all: readonly ServiceShift[],
  failing: ReadonlySet<string>,
): boolean {
  if (shift.direction === 'to-dns') return failing.has(shift.service);
  const left = all.find((other) => other.direction === 'to-dns' && other.service === shift.service);
  return left !== undefined && left.edges > shift.edges;
}

function withoutEnd({ endedUnixNano, ...shift }: ServiceShift): ServiceShift {
  return shift;
}

function earlier(a: UnixNano, b: UnixNano): UnixNano {
  return a < b ? a : b;
}

function later(a: UnixNano, b: UnixNano): UnixNano {
  return a > b ? a : b;
}
