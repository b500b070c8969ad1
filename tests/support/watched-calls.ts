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
  const shifts: RoutingShift[] = [];
  const store = new CallStore(calls);
  let judged = -1;
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += LOOK_EVERY_MS) {
    const isNews = store.fill(nowMs - UNDER_WAY_MS);
    const isClosed = nowMs >= (judged + 2) * 1000 + LATENESS_MS;
    if (isClosed) judged++;
    if (!isClosed && !isNews) continue;
    const shift = (isClosed ? detectRoutingShift : detectNewShift)({
      client: 'song',
      server: 'artist',
      seconds: store.between(judged - WINDOW_SECONDS, isClosed ? judged : judged + 4),
      known: shifts,
      nowUnixNano: fromUnixMs(nowMs),
    });
    if (shift !== undefined) replace(shifts, shift);
  }
  return shifts;
}

function replace(shifts: RoutingShift[], shift: RoutingShift): void {
  const at = shifts.findIndex((entry) => entry.id === shift.id);
  shifts.splice(at < 0 ? shifts.length : at, 1, shift);
}

/** Calls by second, as far as they have come in. */
class CallStore {
  readonly #calls: readonly WatchedCall[];
  readonly #seconds = new Map<number, { dns: number; mesh: number }>();
  #next = 0;

  constructor(calls: readonly WatchedCall[]) {
    this.#calls = calls;
  }

  /** Whether any call was new. */
  fill(untilMs: number): boolean {
    const before = this.#next;
    for (let call = this.#calls[before]; call !== undefined && call.atMs <= untilMs; ) {
      const second = Math.floor(call.atMs / 1000);
      const entry = this.#seconds.get(second) ?? { dns: 0, mesh: 0 };
      entry[call.way]++;
      this.#seconds.set(second, entry);
      call = this.#calls[++this.#next];
    }
    return this.#next > before;
  }

  /** After `first`, up to `last`. */
  between(first: number, last: number): readonly RoutingSecond[] {
    return [...this.#seconds]
      .filter(([second]) => second > first && second <= last)
      .map(([second, entry]) => ({ second: unixSecond(second), ...entry }));
  }
}
