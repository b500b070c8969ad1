import type { TraceQuery } from '#telemetry/trace-summary.ts';
import type { Database, Shard } from '../client.ts';
import { type Queryable, withSnapshot } from '../query-rows.ts';
import { askShards } from '../shards.ts';
import { withAttributes } from './check-attributes.ts';
import { findSegments } from './find-segments.ts';
import { durationAt, matchSpans, startAt } from './match-spans.ts';
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

interface Dot {
  readonly place: number;
  readonly durationNs: number;
  readonly isError: boolean;
}

const STEP = 16;
const STATUS_ERROR = 2;

export async function readDurationHeatmap(
  db: Database,
  query: TraceQuery,
  size: { readonly columns: number; readonly rows: number },
): Promise<DurationHeatmap> {
  const dots = await askShards(db, (shard) => readShard(shard, query));
  return drawHeatmap(dots.flat(), size);
}

async function readShard(db: Shard, query: TraceQuery): Promise<readonly Dot[]> {
  return await withSnapshot(db, async (snapshot) => {
    const dots: Dot[] = [];
    for await (const page of findSegments(snapshot, query)) {
      for (let i = 0; i < page.length; i += STEP) {
        for (const dot of await readDots(snapshot, query, page.slice(i, i + STEP))) dots.push(dot);
      }
    }
    return dots;
  });
}

async function readDots(
  db: Queryable,
  query: TraceQuery,
  segments: readonly { readonly day: number; readonly id: string }[],
): Promise<readonly Dot[]> {
  const { startUnixNano, endUnixNano } = query.window;
  const lengthNs = Number(endUnixNano - startUnixNano);
  const columns = await readColumns(db, segments);
  const dots: Dot[] = [];
  for (const segment of segments) {
    const found = columns.get(segment.id);
    if (found === undefined) continue;
    const matching = matchSpans(found, query);
    for (const i of await withAttributes(db, segment, matching, query.attributes ?? [])) {
      dots.push({
        place: Number(startAt(found, i) - startUnixNano) / lengthNs,
        durationNs: Math.max(1, durationAt(found, i)),
        isError: statusOf(found.flags[i] as number) === STATUS_ERROR,
      });
    }
  }
  return dots;
}

function drawHeatmap(
  dots: readonly Dot[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): DurationHeatmap {
  const counts = new Array<number>(columns * rows).fill(0);
  const errors = new Array<number>(columns * rows).fill(0);
  const minNs = dots.reduce((min, dot) => Math.min(min, dot.durationNs), Number.MAX_SAFE_INTEGER);
  const maxNs = dots.reduce((max, dot) => Math.max(max, dot.durationNs), 1);
  const height = Math.log(maxNs / minNs) || 1;
  for (const { place, durationNs, isError } of dots) {
    const column = Math.min(columns - 1, Math.floor(place * columns));
    const row = Math.min(rows - 1, Math.floor((Math.log(durationNs / minNs) / height) * rows));
    const cell = row * columns + column;
    counts[cell] = (counts[cell] ?? 0) + 1;
    if (isError) errors[cell] = (errors[cell] ?? 0) + 1;
  }
  return {
    columns,
    rows,
    minNs: dots.length === 0 ? 0 : minNs,
    maxNs: dots.length === 0 ? 0 : maxNs,
    counts,
    errors,
  };
}
