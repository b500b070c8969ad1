import type { RoutingShift, ServiceShift } from '#analysis/routing/routing-shift.ts';
import type { UnixNano } from '#telemetry/time.ts';

/** Why a move is not over although its edges have all moved. */
export interface Unfinished {
  /** Services whose calls still fail: more of their edges will move. */
  readonly failing: ReadonlySet<string>;
  /** Names that stuck clients keep a service from finding by mesh: so many edges will not come back. */
  readonly stuck: ReadonlyMap<string, number>;
}

const NOTHING: Unfinished = { failing: new Set(), stuck: new Map() };

/**
 * Services in the order in which they began to move; a service that goes and comes back has two entries. The way back is
 * not over before as many edges are back as had left and can come.
 */
export function toServiceShifts(
  shifts: readonly RoutingShift[],
  unfinished: Unfinished = NOTHING,
): readonly ServiceShift[] {
  const groups = new Map<string, RoutingShift[]>();
  for (const shift of shifts) {
    const key = `${shift.client}\n${shift.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), shift]);
  }
  return [...groups.values()]
    .flatMap(toServiceShift)
    .map((shift, _, all) => (isUnderWay(shift, all, unfinished) ? withoutEnd(shift) : shift))
    .sort((a, b) => Number(a.beganUnixNano - b.beganUnixNano) || (a.service < b.service ? -1 : 1));
}

/** Whether a service that went to DNS is back, but for what stuck clients keep from coming. */
export function isBack(
  left: ServiceShift,
  all: readonly ServiceShift[],
  stuck: Unfinished['stuck'],
): boolean {
  const expected = left.edges - (stuck.get(left.service) ?? 0);
  return (
    expected <= 0 ||
    all.some(
      (shift) =>
        shift.direction === 'to-mesh' &&
        shift.service === left.service &&
        shift.beganUnixNano > left.beganUnixNano &&
        shift.edges >= expected,
    )
  );
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
  { failing, stuck }: Unfinished,
): boolean {
  if (shift.direction === 'to-dns') return failing.has(shift.service);
  const left = all.find((other) => other.direction === 'to-dns' && other.service === shift.service);
  return left !== undefined && !isBack(left, all, stuck);
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
