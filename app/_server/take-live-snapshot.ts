import { readCallEdgeSeconds } from '#store/call-edges/read-call-edges.ts';
import type { ModeSecond } from '#store/call-edges/read-mode-seconds.ts';
import { readOpenIncidents } from '#store/incidents/read-incidents.ts';
import { readFreshness } from '#store/read-freshness.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import type { Span } from '#telemetry/span.ts';
import {
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  unixSecond,
} from '#telemetry/time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { database } from './database.ts';
import { readHistorySeconds, toCallHistory } from './load-call-history.ts';
import { loadControlPlaneWith, PUSH_SECONDS, readPushSpans } from './load-control-plane.ts';
import {
  liveWindow,
  loadMapWith,
  loadSurroundings,
  type MapSurroundings,
  runWindow,
} from './load-service-map.ts';
import { loadShifts } from './load-shifts.ts';
import { lastSeconds, now } from './now.ts';

const HISTORY_SECONDS = 600;
/** Seconds of the history that may still grow: the open one, and late spans. */
const GROWING_SECONDS = 15;
const SURROUNDINGS_EVERY_MS = 5000;
const PUSHES_EVERY_MS = 1000;
/** A push that nobody answers ends after 10 s, and its span comes only then. */
const LONGEST_PUSH_SECONDS = 15;
/** Older ones are on the control plane's page. */
const MAX_PUSHES = 120;

/** Takes snapshots one after the other; keeps what changes slowly between them. */
export class LiveSnapshots {
  #surroundings: Kept<MapSurroundings> | undefined;
  #pushSpans: Kept<ReadonlyMap<string, Span>> | undefined;
  #history: readonly ModeSecond[] = [];
  #run: readonly CallEdgeSecond[] = [];
  /** Up to where each was read last; nothing is read while nobody looks. */
  #readUpTo = 0;
  #runReadUpTo = 0;

  async take(): Promise<LiveSnapshot> {
    const takenUnixNano = now();
    const freshness = await readFreshness(database());
    const window = liveWindow(freshness.latestSpanUnixNano);
    this.#surroundings = await keep(this.#surroundings, SURROUNDINGS_EVERY_MS, () =>
      loadSurroundings(window),
    );
    this.#pushSpans = await keep(this.#pushSpans, PUSHES_EVERY_MS, () =>
      this.#readPushes(takenUnixNano),
    );
    const pushSpans = [...this.#pushSpans.value.values()];
    const historyWindow = lastSeconds(HISTORY_SECONDS, takenUnixNano);
    const [controlPlane, openIncidents, shifts, run] = await Promise.all([
      loadControlPlaneWith(pushSpans, takenUnixNano),
      readOpenIncidents(database()),
      loadShifts(historyWindow),
      this.#readRun(window),
      this.#readHistory(takenUnixNano),
    ]);
    const shown = { ...controlPlane, pushes: controlPlane.pushes.slice(0, MAX_PUSHES) };
    const map = await loadMapWith(window, this.#surroundings.value, shown, {
      withOwnServices: false,
      run,
    });
    const history = toCallHistory(historyWindow, this.#history);
    return { map, history, openIncidents, shifts, freshness, takenUnixNano };
  }

  /** All that a view shows once, then only those that may have ended since: the rest is kept until it is too old. */
  async #readPushes(atUnixNano: UnixNano): Promise<ReadonlyMap<string, Span>> {
    const kept = this.#pushSpans;
    const sinceSeconds = kept === undefined ? PUSH_SECONDS : (performance.now() - kept.atMs) / 1000;
    const seconds = Math.min(PUSH_SECONDS, sinceSeconds + LONGEST_PUSH_SECONDS);
    const fresh = await readPushSpans(atUnixNano, seconds);
    const oldest = lastSeconds(PUSH_SECONDS, atUnixNano).startUnixNano;
    const spans = [...(kept?.value.values() ?? []), ...fresh];
    return new Map(
      spans.filter((span) => span.startUnixNano >= oldest).map((span) => [span.spanId, span]),
    );
  }

  /** The whole history once, then only what is new since the last look and the seconds that may still grow. */
  async #readHistory(atUnixNano: UnixNano): Promise<void> {
    const at = secondOf(atUnixNano);
    const from = Math.max(at - HISTORY_SECONDS, Math.min(this.#readUpTo, at) - GROWING_SECONDS);
    const fresh = await readHistorySeconds({
      startUnixNano: startOfSecond(unixSecond(from)),
      endUnixNano: startOfSecond(unixSecond(at + 2)),
    });
    const kept = this.#history.filter(
      ({ second }) => second < from && second >= at - HISTORY_SECONDS,
    );
    this.#history = [...kept, ...fresh];
    this.#readUpTo = at;
  }

  /** The same of every edge, for as long as a map is judged by. */
  async #readRun(window: TimeWindow): Promise<readonly CallEdgeSecond[]> {
    const run = runWindow(window);
    const [first, at] = [secondOf(run.startUnixNano), secondOf(run.endUnixNano)];
    const from = Math.max(first, Math.min(this.#runReadUpTo, at) - GROWING_SECONDS);
    const fresh = await readCallEdgeSeconds(database(), {
      ...run,
      startUnixNano: startOfSecond(unixSecond(from)),
    });
    const kept = this.#run.filter(({ second }) => second < from && second >= first);
    this.#run = [...kept, ...fresh];
    this.#runReadUpTo = at;
    return this.#run;
  }
}

interface Kept<T> {
  readonly value: T;
  readonly atMs: number;
}

async function keep<T>(
  kept: Kept<T> | undefined,
  forMs: number,
  load: () => Promise<T>,
): Promise<Kept<T>> {
  const atMs = performance.now();
  return kept !== undefined && atMs - kept.atMs < forMs ? kept : { value: await load(), atMs };
}
