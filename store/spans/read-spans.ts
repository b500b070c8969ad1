import type { Span } from '#telemetry/span.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import type { Database } from '../client.ts';
import { type Queryable, withSnapshot } from '../query-rows.ts';
import { askShards } from '../shards.ts';
import { readSpansAt } from './check-attributes.ts';
import { findSegments } from './find-segments.ts';
import { matchSpans, startAt } from './match-spans.ts';
import { sortedOnce } from './read-trace.ts';
import { readColumns } from './segment-cache.ts';

const STEP = 8;

interface SpanQuery {
  readonly window: TimeWindow;
  readonly service?: string;
  readonly names: readonly string[];
  readonly limit: number;
}

/** The latest `limit` spans of the given names that start in the window, by start, ascending. */
export async function readSpans(db: Database, query: SpanQuery): Promise<readonly Span[]> {
  const parts = await askShards(db, (shard) =>
    withSnapshot(shard, (snapshot) => readSnapshot(snapshot, query)),
  );
  return lastOf(parts.flat(), query.limit);
}

async function readSnapshot(db: Queryable, query: SpanQuery): Promise<readonly Span[]> {
  const spans: Span[] = [];
  for await (const page of findSegments(db, query)) {
    for (let i = 0; i < page.length; i += STEP) {
      const step = page.slice(i, i + STEP);
      if (isSettled(spans, query.limit, step[0]?.maxStart ?? 0n)) return lastOf(spans, query.limit);
      spans.push(...(await readStep(db, query, step)));
    }
  }
  return lastOf(spans, query.limit);
}

async function readStep(
  db: Queryable,
  query: SpanQuery,
  segments: readonly { readonly day: number; readonly id: string }[],
): Promise<readonly Span[]> {
  const columns = await readColumns(db, segments);
  const spans: Span[] = [];
  for (const segment of segments) {
    const found = columns.get(segment.id);
    if (found === undefined) continue;
    const numbers = query.names
      .flatMap((operation) => matchSpans(found, { ...query, operation }))
      .sort((a, b) => (startAt(found, a) < startAt(found, b) ? -1 : 1));
    if (numbers.length > 0) spans.push(...(await readSpansAt(db, segment, numbers)).values());
  }
  return spans;
}

function isSettled(spans: readonly Span[], limit: number, newest: bigint): boolean {
  return spans.filter(({ startUnixNano }) => startUnixNano > newest).length >= limit;
}

function lastOf(spans: readonly Span[], limit: number): readonly Span[] {
  return sortedOnce(spans).slice(-limit);
}
