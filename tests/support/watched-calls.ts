import {
  detectNewShift,
  detectRoutingShift,
  type RoutingSecond,
} from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { fromUnixMs, unixSecond } from '#telemetry/time.ts';

/** One call of one edge: when it ended, in ms since the start, and how its callee was found. */
export interface WatchedCall {
  readonly atMs: number;
  readonly way: 'dns' | 'mesh';
}

/** From the end of a call to the store, as a batch's delay and its commit take it. */
const UNDER_WAY_MS = 300;
const LATENESS_MS = 500;
const LOOK_EVERY_MS = 150;
const WINDOW_SECONDS = 120;

/** What the analyzer reports while these calls (ascending) come in: it looks at open seconds and judges closed ones. */
export function watchCalls(
  calls: readonly WatchedCall[],
  seconds: number,
): readonly RoutingShift[] {
  const known: RoutingShift[] = [];
  const counts = new Map<number, { dns: number; mesh: number }>();
  let stored = 0;
  let seen = 0;
  let judged = -1;
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += LOOK_EVERY_MS) {
    for (; (calls[stored]?.atMs ?? Number.POSITIVE_INFINITY) + UNDER_WAY_MS <= nowMs; stored++) {
      const { atMs, way } = calls[stored] as WatchedCall;
      const second = Math.floor(atMs / 1000);
      const entry = counts.get(second) ?? { dns: 0, mesh: 0 };
      entry[way]++;
      counts.set(second, entry);
    }
    const isNews = stored > seen;
    seen = stored;
    const isClosed = nowMs >= (judged + 2) * 1000 + LATENESS_MS;
    if (isClosed) judged++;
    else if (!isNews) continue;
    const shift = (isClosed ? detectRoutingShift : detectNewShift)({
      client: 'song',
      server: 'artist',
      seconds: secondsOf(counts, isClosed ? judged : Number.POSITIVE_INFINITY, judged),
      known,
      nowUnixNano: fromUnixMs(nowMs),
    });
    const at = known.findIndex((entry) => entry.id === shift?.id);
    if (shift !== undefined) known.splice(at < 0 ? known.length : at, 1, shift);
  }
  return known;
}

function secondsOf(
  counts: ReadonlyMap<number, { readonly dns: number; readonly mesh: number }>,
  last: number,
  judged: number,
): readonly RoutingSecond[] {
  return [...counts]
    .filter(([second]) => second <= last && second > judged - WINDOW_SECONDS)
    .map(([second, entry]) => ({ second: unixSecond(second), ...entry }));
}
