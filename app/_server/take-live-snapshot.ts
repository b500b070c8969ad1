import { slowdownsIn } from '#analysis/service-map/mark-slow.ts';
import { readCallEdgeSeconds } from '#store/call-edges/read-call-edges.ts';
import { readFreshness } from '#store/read-freshness.ts';
import type { Span } from '#telemetry/span.ts';
import {
  addNs,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { answerInPart, database } from './database.ts';
import { readHistorySeconds, toCallHistory } from './load-call-history.ts';
import { loadControlPlaneWith, PUSH_SECONDS, readPushSpans } from './load-control-plane.ts';
import { loadOpenIncidents } from './load-incidents.ts';
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
  #missing: readonly string[] = [];
  #surroundings: Kept<MapSurroundings> | undefined;
  #pushSpans: Kept<ReadonlyMap<string, Span>> | undefined;
  readonly #history = new LatestSeconds(readHistorySeconds);
  readonly #run = new LatestSeconds((window) => readCallEdgeSeconds(database(), window));

  /** Of the databases that answer. What was kept while others answered is asked for again. */
  async take(): Promise<LiveSnapshot> {
    const { found, missing } = await answerInPart(() => this.#takeWhatAnswers());
    if (missing.join() !== this.#missing.join()) {
      this.#missing = missing;
      this.#forget();
    }
    return missing.length === 0 ? found : { ...found, missing };
  }

  #forget(): void {
    this.#surroundings = undefined;
    this.#pushSpans = undefined;
    this.#history.forget();
    this.#run.forget();
  }

  async #takeWhatAnswers(): Promise<LiveSnapshot> {
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
    const [controlPlane, openIncidents, shifts, run, rows] = await Promise.all([
      loadControlPlaneWith(pushSpans, takenUnixNano),
      loadOpenIncidents(),
      loadShifts(historyWindow),
      this.#run.take(runWindow(window)),
      // With the second that has just begun: a sender's clock may be ahead.
      this.#history.take({ ...historyWindow, endUnixNano: addNs(takenUnixNano, NS_PER_SECOND) }),
    ]);
    const shown = { ...controlPlane, pushes: controlPlane.pushes.slice(0, MAX_PUSHES) };
    const map = await loadMapWith(window, this.#surroundings.value, shown, {
      withOwnServices: false,
      run,
      slowdowns: slowdownsIn(openIncidents, window),
    });
    const history = toCallHistory(historyWindow, rows);
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
}

/** The last seconds of something that grows at its end. */
class LatestSeconds<Row extends { readonly second: UnixSecond }> {
  readonly #read: (window: TimeWindow) => Promise<readonly Row[]>;
  #rows: readonly Row[] = [];
  /** Nothing is read while nobody looks. */
  #readUpTo = 0;

  constructor(read: (window: TimeWindow) => Promise<readonly Row[]>) {
    this.#read = read;
  }

  forget(): void {
    this.#rows = [];
    this.#readUpTo = 0;
  }

  /** All of `window` the first time, then only what is new since the last look and the seconds that may still grow. */
  async take({ startUnixNano, endUnixNano }: TimeWindow): Promise<readonly Row[]> {
    const [first, at] = [secondOf(startUnixNano), secondOf(endUnixNano)];
    const from = Math.max(first, Math.min(this.#readUpTo, at) - GROWING_SECONDS);
    const fresh = await this.#read({ startUnixNano: startOfSecond(unixSecond(from)), endUnixNano });
    const kept = this.#rows.filter(({ second }) => second < from && second >= first);
    this.#rows = [...kept, ...fresh];
    this.#readUpTo = at;
    return this.#rows;
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
