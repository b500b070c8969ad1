import type { TraceQuery } from '#telemetry/trace-summary.ts';
import type { Database, Shard } from '../client.ts';
import { type Queryable, withSnapshot } from '../query-rows.ts';
import { askShards } from '../shards.ts';
import { withAttributes } from './check-attributes.ts';
import { findSegments } from './find-segments.ts';
import { durationAt, matchSpans, startOffsetAt } from './match-spans.ts';
import { readColumns } from './segment-cache.ts';
import { statusOf } from './segment-columns.ts';

/**
 * Matching spans by start and duration. Cell (column, row) stands at row * columns + column; columns are equal parts of
 * the window, rows equal parts of the logarithm of the duration, row 0 the shortest.
 */
export interface DurationHeatmap {
  readonly columns: number;
  readonly rows: number;
  readonly minNs: number;
  readonly maxNs: number;
  readonly counts: readonly number[];
  readonly errors: readonly number[];
}

/** One a matching span, in columns: of a quarter of an hour there are 200,000, too many for an object each. */
interface Dots {
  count: number;
  /** 0..1 within the window. */
  place: Float64Array;
  durationNs: Float64Array;
  isError: Uint8Array;
}

const STEP = 16;
const FIRST_DOTS = 4096;
const STATUS_ERROR = 2;

export async function readDurationHeatmap(
  db: Database,
  query: TraceQuery,
  size: { readonly columns: number; readonly rows: number },
): Promise<DurationHeatmap> {
  const dots = await askShards(db, (shard) => readShard(shard, query));
  return drawHeatmap(dots, size);
}

async function readShard(db: Shard, query: TraceQuery): Promise<Dots> {
  return await withSnapshot(db, async (snapshot) => {
    const dots = noDots(FIRST_DOTS);
    for await (const page of findSegments(snapshot, query)) {
      for (let i = 0; i < page.length; i += STEP) {
        await readDots(snapshot, query, page.slice(i, i + STEP), dots);
      }
    }
    return dots;
  });
}

function noDots(size: number): Dots {
  return {
    count: 0,
    place: new Float64Array(size),
    durationNs: new Float64Array(size),
    isError: new Uint8Array(size),
  };
}

/** Room for `more` dots, by doubling. */
function grow(dots: Dots, more: number): void {
  if (dots.count + more <= dots.place.length) return;
  const larger = noDots(2 * (dots.count + more));
  larger.place.set(dots.place);
  larger.durationNs.set(dots.durationNs);
  larger.isError.set(dots.isError);
  Object.assign(dots, { ...larger, count: dots.count });
}

async function readDots(
  db: Queryable,
  query: TraceQuery,
  segments: readonly { readonly day: number; readonly id: string }[],
  into: Dots,
): Promise<void> {
  const { startUnixNano, endUnixNano } = query.window;
  const lengthNs = Number(endUnixNano - startUnixNano);
  const columns = await readColumns(db, segments);
  for (const segment of segments) {
    const found = columns.get(segment.id);
    if (found === undefined) continue;
    const matching = matchSpans(found, query);
    const kept = await withAttributes(db, segment, matching, query.attributes ?? []);
    const firstNs = Number(found.minStart - startUnixNano);
    grow(into, kept.length);
    for (const i of kept) {
      into.place[into.count] = (firstNs + startOffsetAt(found, i)) / lengthNs;
      into.durationNs[into.count] = Math.max(1, durationAt(found, i));
      into.isError[into.count] = statusOf(found.flags[i] as number) === STATUS_ERROR ? 1 : 0;
      into.count++;
    }
  }
}

function drawHeatmap(
  parts: readonly Dots[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): DurationHeatmap {
  const counts = new Array<number>(columns * rows).fill(0);
  const errors = new Array<number>(columns * rows).fill(0);
  const { minNs, maxNs } = rangeOf(parts);
  const height = Math.log(maxNs / minNs) || 1;
  for (const { count, place, durationNs, isError } of parts) {
    for (let i = 0; i < count; i++) {
      const column = Math.min(columns - 1, Math.floor((place[i] as number) * columns));
      const level = Math.log((durationNs[i] as number) / minNs) / height;
      const cell = Math.min(rows - 1, Math.floor(level * rows)) * columns + column;
      counts[cell] = (counts[cell] ?? 0) + 1;
      if (isError[i] === 1) errors[cell] = (errors[cell] ?? 0) + 1;
    }
  }
  const isEmpty = parts.every(({ count }) => count === 0);
  return {
    columns,
    rows,
    minNs: isEmpty ? 0 : minNs,
    maxNs: isEmpty ? 0 : maxNs,
    counts,
    errors,
  };
}

function rangeOf(parts: readonly Dots[]): { readonly minNs: number; readonly maxNs: number } {
  let minNs = Number.MAX_SAFE_INTEGER;
  let maxNs = 1;
  for (const { count, durationNs } of parts) {
    for (let i = 0; i < count; i++) {
      minNs = Math.min(minNs, durationNs[i] as number);
      maxNs = Math.max(maxNs, durationNs[i] as number);
    }
  }
  return { minNs, maxNs };
}
