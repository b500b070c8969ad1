import type { TraceQuery, TraceSearchResult, TraceSummary } from '#telemetry/trace-summary.ts';
import type { Database } from '../client.ts';
import { type Queryable, withSnapshot } from '../query-rows.ts';
import { askShards } from '../shards.ts';
import { withAttributes } from './check-attributes.ts';
import { type FoundSegment, findSegments } from './find-segments.ts';
import { matchSpans, startAt } from './match-spans.ts';
import { readColumns } from './segment-cache.ts';
import { summariseTraces } from './summarise-traces.ts';

/** Segments read at once: more would be read in vain when the first ones answer. */
const STEP = 4;

/**
 * Traces of which one span starts in the window and satisfies every clause. The `limit` traces with the latest such span,
 * shown by start, newest first. Each shard reads backwards in time and stops as soon as nothing older can change the
 * answer; a trace lies on one, so that the newest of all are among the newest of each.
 */
export async function searchTraces(db: Database, query: TraceQuery): Promise<TraceSearchResult> {
  const parts = await askShards(db, (shard) =>
    withSnapshot(shard, (snapshot) => searchSnapshot(snapshot, query)),
  );
  const found = new Map<string, FoundTrace>();
  for (const trace of parts.flatMap(({ traces }) => traces).sort(byLatest)) {
    if (!found.has(trace.summary.traceId)) found.set(trace.summary.traceId, trace);
  }
  const traces = [...found.values()].slice(0, query.limit).map(({ summary }) => summary);
  return {
    traces: traces.sort((a, b) => Number(b.startUnixNano - a.startUnixNano)),
    hasMore: found.size > query.limit || parts.some(({ hasMore }) => hasMore),
    scannedSpans: parts.reduce((sum, { scannedSpans }) => sum + scannedSpans, 0),
  };
}

interface FoundTrace {
  readonly summary: TraceSummary;
  /** Start of its last matching span. */
  readonly latest: bigint;
}

interface ShardResult {
  readonly traces: readonly FoundTrace[];
  readonly hasMore: boolean;
  readonly scannedSpans: number;
}

function byLatest(a: { readonly latest: bigint }, b: { readonly latest: bigint }): number {
  return a.latest < b.latest ? 1 : a.latest > b.latest ? -1 : 0;
}

async function searchSnapshot(db: Queryable, query: TraceQuery): Promise<ShardResult> {
  const search = new Search(query.limit);
  for await (const page of findSegments(db, query)) {
    for (let i = 0; i < page.length; i += STEP) {
      const step = page.slice(i, i + STEP);
      if (search.isSettled(step[0]?.maxStart ?? 0n)) return await search.finish(db);
      await scan(db, query, step, search);
    }
  }
  return await search.finish(db);
}

async function scan(
  db: Queryable,
  query: TraceQuery,
  segments: readonly FoundSegment[],
  search: Search,
): Promise<void> {
  const columns = await readColumns(db, segments);
  for (const segment of segments) {
    const found = columns.get(segment.id);
    if (found === undefined) continue;
    const numbers = await withAttributes(
      db,
      segment,
      matchSpans(found, query),
      query.attributes ?? [],
    );
    search.scannedSpans += found.count;
    for (const i of numbers) {
      const at = (found.traceOf[i] as number) * 16;
      search.add(found.traceIds.subarray(at, at + 16), startAt(found, i));
    }
  }
}

class Search {
  scannedSpans = 0;
  readonly #limit: number;
  /** Latest start of a matching span, by trace. */
  readonly #latest = new Map<string, bigint>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(id: Uint8Array, start: bigint): void {
    const key = Buffer.from(id.buffer, id.byteOffset, 16).toString('hex');
    const known = this.#latest.get(key);
    if (known === undefined || start > known) this.#latest.set(key, start);
  }

  /** What is still unread starts at `newest` or before: it cannot come ahead of `limit` + 1 later ones. */
  isSettled(newest: bigint): boolean {
    if (this.#latest.size <= this.#limit) return false;
    let later = 0;
    for (const start of this.#latest.values()) if (start > newest) later++;
    return later > this.#limit;
  }

  async finish(db: Queryable): Promise<ShardResult> {
    const ranked = [...this.#latest].map(([id, latest]) => ({ id, latest })).sort(byLatest);
    const summaries = await summariseTraces(
      db,
      ranked.slice(0, this.#limit).map(({ id }) => id),
    );
    return {
      traces: summaries.map((summary) => ({
        summary,
        latest: this.#latest.get(summary.traceId) ?? 0n,
      })),
      hasMore: ranked.length > this.#limit,
      scannedSpans: this.scannedSpans,
    };
  }
}
