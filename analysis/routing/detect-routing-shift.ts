import {
  type ScanRules,
  type Split,
  scanBinomial,
  type Tally,
} from '#analysis/routing/binomial-scan.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { isMesh } from '#telemetry/routing-mode.ts';
import {
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type UnixNano,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';

/** Calls of one edge in one second by how their callee was found; other modes say nothing about the shift. */
export interface RoutingSecond {
  readonly second: UnixSecond;
  readonly dns: number;
  readonly mesh: number;
}

export interface ShiftSearch {
  readonly client: string;
  readonly server: string;
  /**
   * Ascending, up to the second that has just closed, or to the open one as far as it is filled. Two minutes or so: long
   * enough for a change at one call a second, short enough to forget the one before.
   */
  readonly seconds: readonly RoutingSecond[];
  /** Shifts of this edge already known, ascending. */
  readonly known: readonly RoutingShift[];
  readonly nowUnixNano: UnixNano;
}

/** Nats. The scan tries every split each second, so this is far above a single test's 1.92. */
const ALARM_GAIN = 8;
/** On an edge that is mixed, by design or on its way, a few calls of one kind are no wonder: it takes more. */
const MIXED_ALARM_GAIN = 14;
/** Up to this share the other way counts as not used. */
const PURE_SHARE = 0.02;
/** The new way must have been used in so many different seconds: one stray call is no shift. */
const PERSISTENCE_SECONDS = 2;
/**
 * Unless so many calls, one behind the other, went the way that none had gone before: more than one request with its
 * retries makes. Then nothing is gained by waiting for the next second.
 */
const OVERWHELMING_CALLS = 4;
const OVERWHELMING_GAIN = 16;
/** The old way unused for so long, and the new one used: all moved. */
const SETTLED_SECONDS = 3;
const RULES: Omit<ScanRules, 'direction'> = {
  minTrialsBefore: 5,
  minTrialsAfter: 2,
  minChange: 0.25,
};

/** The shift that the newest second, a closed one, reveals or moves on; undefined when there is nothing new. */
export function detectRoutingShift(search: ShiftSearch): RoutingShift | undefined {
  const last = search.known.at(-1);
  const found = findShift(search, last);
  if (found !== undefined) return withCompletion(found.shift, found.seconds);
  return last === undefined || last.completedUnixNano !== undefined
    ? undefined
    : followShift(search, last);
}

/**
 * A shift that the open second reveals as it fills. Only that it began: where exactly, and whether it goes on or is
 * over, is judged when its seconds have closed, for some senders' calls are always later than others'.
 */
export function detectNewShift(search: ShiftSearch): RoutingShift | undefined {
  return findShift(search, search.known.at(-1))?.shift;
}

/** The calls of each edge by second, for `detectRoutingShift`; ascending, only edges that any mode says something about. */
export function toRoutingSeconds(
  edges: readonly CallEdgeSecond[],
): ReadonlyMap<string, readonly RoutingSecond[]> {
  const byEdge = new Map<string, Map<UnixSecond, { dns: number; mesh: number }>>();
  for (const edge of edges) {
    if (edge.mode !== 'dns' && !isMesh(edge.mode)) continue;
    const seconds = byEdge.get(edgeId(edge)) ?? new Map();
    const entry = seconds.get(edge.second) ?? { dns: 0, mesh: 0 };
    if (edge.mode === 'dns') entry.dns += edge.calls;
    else entry.mesh += edge.calls;
    byEdge.set(edgeId(edge), seconds.set(edge.second, entry));
  }
  return new Map(
    [...byEdge].map(([id, seconds]) => [
      id,
      [...seconds]
        .map(([second, counts]) => ({ second, ...counts }))
        .sort((a, b) => a.second - b.second),
    ]),
  );
}

type Direction = RoutingShift['direction'];

interface FoundShift {
  readonly shift: RoutingShift;
  /** That it was found in. */
  readonly seconds: readonly RoutingSecond[];
}

/** While one is under way, only its opposite is another one. */
function directionsAfter(last: RoutingShift | undefined): readonly Direction[] {
  if (last === undefined || last.completedUnixNano !== undefined) return ['to-dns', 'to-mesh'];
  return [last.direction === 'to-dns' ? 'to-mesh' : 'to-dns'];
}

function findShift(search: ShiftSearch, last: RoutingShift | undefined): FoundShift | undefined {
  const since = last === undefined ? 0 : secondOf(last.completedUnixNano ?? last.atUnixNano);
  const seconds = search.seconds.filter((entry) => entry.second >= since);
  for (const direction of directionsAfter(last)) {
    const split = scanBinomial(seconds.map(toTally), {
      ...RULES,
      direction: scanDirection(direction),
    });
    if (split === undefined || !isAlarm(split, seconds, direction)) continue;
    if (!isLasting(split, seconds, direction)) continue;
    return { shift: toShift(search, seconds, split, direction), seconds };
  }
  return undefined;
}

function isLasting(
  { index, before, gain }: Split,
  seconds: readonly RoutingSecond[],
  direction: Direction,
): boolean {
  const after = seconds.slice(index);
  const isNew = isOldOnly(before, direction);
  // The second of the change is half of the old way, and may lie before the best split.
  const earlier = isNew ? seconds.slice(Math.max(0, index - 1), index) : [];
  const since = [...earlier, ...after];
  if (newWaySeconds(since, direction) >= PERSISTENCE_SECONDS) return true;
  const calls = since.reduce((total, entry) => total + newWay(entry, direction), 0);
  const hasMovedAll = hasOnlyNewWay(after.slice(1), direction);
  return isNew && hasMovedAll && calls >= OVERWHELMING_CALLS && gain >= OVERWHELMING_GAIN;
}

/** Hardly a call went the new way. */
function isOldOnly(before: number, direction: Direction): boolean {
  return direction === 'to-dns' ? before <= PURE_SHARE : before >= 1 - PURE_SHARE;
}

/** Looks at a shift under way again: more seconds place it better, and one day it is complete. */
function followShift(search: ShiftSearch, last: RoutingShift): RoutingShift | undefined {
  const before = search.known.at(-2);
  const since = before === undefined ? 0 : secondOf(before.completedUnixNano ?? before.atUnixNano);
  const seconds = search.seconds.filter((entry) => entry.second >= since);
  const split = scanBinomial(seconds.map(toTally), {
    ...RULES,
    direction: scanDirection(last.direction),
  });
  const isPlaced =
    split !== undefined &&
    isAlarm(split, seconds, last.direction) &&
    isNear(seconds, split, last.atUnixNano);
  const placed = isPlaced
    ? { ...toShift(search, seconds, split, last.direction), ...keptFacts(last) }
    : last;
  const followed = withCompletion(placed, seconds);
  return isSame(followed, last) ? undefined : followed;
}

function isAlarm(
  { index, before, after, gain }: Split,
  seconds: readonly RoutingSecond[],
  direction: Direction,
): boolean {
  // The second of the change itself is half of the old way.
  const rest = seconds.slice(index + 1);
  const isMoved = isPure(after) || (rest.length > 0 && hasOnlyNewWay(rest, direction));
  return gain >= (isPure(before) && isMoved ? ALARM_GAIN : MIXED_ALARM_GAIN);
}

function isPure(share: number): boolean {
  return share <= PURE_SHARE || share >= 1 - PURE_SHARE;
}

function keptFacts(
  last: RoutingShift,
): Pick<RoutingShift, 'id' | 'detectedUnixNano' | 'firstSeenUnixNano'> {
  const { id, detectedUnixNano, firstSeenUnixNano } = last;
  return { id, detectedUnixNano, firstSeenUnixNano };
}

/** A second step of the same move (the other instance follows) must not carry the first one's time away. */
function isNear(seconds: readonly RoutingSecond[], split: Split, atUnixNano: UnixNano): boolean {
  const second = seconds[split.index]?.second ?? 0;
  return Math.abs(second - secondOf(atUnixNano)) <= SETTLED_SECONDS;
}

function isSame(a: RoutingShift, b: RoutingShift): boolean {
  return (
    a.atUnixNano === b.atUnixNano &&
    a.fromUnixNano === b.fromUnixNano &&
    a.toUnixNano === b.toUnixNano &&
    a.completedUnixNano === b.completedUnixNano
  );
}

function toShift(
  { client, server, nowUnixNano }: ShiftSearch,
  seconds: readonly RoutingSecond[],
  split: Split,
  direction: Direction,
): RoutingShift {
  const startOf = (index: number): UnixNano =>
    startOfSecond(seconds[index]?.second ?? unixSecond(0));
  const atUnixNano = startOf(split.index);
  const end = BigInt(NS_PER_SECOND);
  return {
    id: `${edgeId({ client, server })}@${secondOf(atUnixNano)}`,
    client,
    server,
    direction,
    firstSeenUnixNano: startOf(firstSeen(seconds, split, direction)),
    atUnixNano,
    fromUnixNano: startOf(split.fromIndex),
    // The change lies anywhere inside the last second of the interval.
    toUnixNano: (startOf(split.toIndex) + end) as UnixNano,
    shareBefore: split.before,
    shareAfter: split.after,
    detectedUnixNano: nowUnixNano,
  };
}

/** Where the way was never used before, the first call by it is the change; else nobody can say which call was new. */
function firstSeen(seconds: readonly RoutingSecond[], split: Split, direction: Direction): number {
  const first = seconds.findIndex((entry) => newWay(entry, direction) > 0);
  const near = split.index - first <= SETTLED_SECONDS * 2;
  return first >= 0 && first <= split.index && near ? first : split.index;
}

function withCompletion(shift: RoutingShift, seconds: readonly RoutingSecond[]): RoutingShift {
  const after = seconds.filter((entry) => entry.second >= secondOf(shift.atUnixNano));
  const lastOld = after.findLastIndex((entry) => oldWay(entry, shift.direction) > 0);
  const moved = after.slice(lastOld + 1);
  const first = moved[0];
  if (first === undefined || newWaySeconds(moved, shift.direction) < SETTLED_SECONDS) return shift;
  return {
    ...shift,
    shareAfter: shift.direction === 'to-dns' ? 1 : 0,
    completedUnixNano: startOfSecond(first.second),
  };
}

function hasOnlyNewWay(seconds: readonly RoutingSecond[], direction: Direction): boolean {
  return seconds.every((entry) => oldWay(entry, direction) === 0);
}

function newWaySeconds(seconds: readonly RoutingSecond[], direction: Direction): number {
  return seconds.filter((entry) => newWay(entry, direction) > 0).length;
}

function newWay(entry: RoutingSecond, direction: Direction): number {
  return direction === 'to-dns' ? entry.dns : entry.mesh;
}

function oldWay(entry: RoutingSecond, direction: Direction): number {
  return direction === 'to-dns' ? entry.mesh : entry.dns;
}

function scanDirection(direction: Direction): ScanRules['direction'] {
  return direction === 'to-dns' ? 'rise' : 'fall';
}

function toTally(entry: RoutingSecond): Tally {
  return { hits: entry.dns, trials: entry.dns + entry.mesh };
}
