import { searchHashes } from '#telemetry/otlp/attribute-scan.ts';
import { routingModeCode } from '#telemetry/routing-mode.ts';
import { toPgText } from '../pg-text.ts';
import { type Queryable, queryRows } from '../query-rows.ts';
import { mayContain } from './attribute-filter.ts';
import type { SpanClauses } from './match-spans.ts';
import type { SegmentKey } from './segment-cache.ts';

export interface FoundSegment extends SegmentKey {
  readonly maxStart: bigint;
}

interface SegmentRow extends SegmentKey {
  readonly max_start: string;
  /** One block of the filter for each hash asked for. */
  readonly filters: readonly Buffer[];
}

const PAGE = 400;
const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

/** Segments that may hold matching spans, latest start first, in pages; the rest is ruled out without reading it. */
export async function* findSegments(
  db: Queryable,
  clauses: SpanClauses,
): AsyncGenerator<readonly FoundSegment[]> {
  const wanted = (clauses.attributes ?? []).map(([key, value]) => searchHashes(key, value));
  const hashes = wanted.flat();
  let before = { maxStart: MAX_INT8, id: MAX_INT8 };
  for (;;) {
    const rows = await readPage(db, clauses, hashes, before);
    const last = rows.at(-1);
    if (last === undefined) return;
    before = { maxStart: BigInt(last.max_start), id: BigInt(last.id) };
    yield rows
      .filter((row) => mayMatch(row.filters, wanted))
      .map(({ day, id, max_start }) => ({ day, id, maxStart: BigInt(max_start) }));
    if (rows.length < PAGE) return;
  }
}

async function readPage(
  db: Queryable,
  { window, service, minDurationNs, status, mode }: SpanClauses,
  hashes: readonly number[],
  before: { readonly maxStart: bigint; readonly id: bigint },
): Promise<readonly SegmentRow[]> {
  const modeBit = mode === undefined ? null : 1 << routingModeCode(mode);
  return await queryRows(db)<SegmentRow>`
    select day, id, max_start,
           array(select substring(filter from ((h % filter_blocks) * 64 + 1)::int for 64)
                 from unnest(${hashes}::int8[]) with ordinality as hash (h, n) order by n) as filters
    from span_segment
    where max_start >= ${clamp(window.startUnixNano)} and min_start < ${clamp(window.endUnixNano)}
      and (max_start, id) < (${before.maxStart}, ${before.id})
      and (${service === undefined ? null : toPgText(service)}::text is null or services @> array[${service === undefined ? null : toPgText(service)}::text])
      and (${minDurationNs ?? null}::float8 is null or max_duration_ns >= ${minDurationNs ?? null}::float8)
      and (${status !== 'error'} or error_count > 0)
      and (${modeBit}::int4 is null or modes & ${modeBit}::int4 <> 0)
    order by max_start desc, id desc
    limit ${PAGE}`;
}

function clamp(instant: bigint): bigint {
  if (instant > MAX_INT8) return MAX_INT8;
  return instant < 0n ? 0n : instant;
}

/** Every attribute must be possible under at least one of its hashes. */
function mayMatch(filters: readonly Buffer[], wanted: readonly (readonly number[])[]): boolean {
  let at = 0;
  return wanted.every((hashes) => {
    const blocks = filters.slice(at, at + hashes.length);
    at += hashes.length;
    return hashes.some((hash, i) => mayContain(blocks[i] ?? Buffer.alloc(0), hash));
  });
}
