import { type Queryable, queryRows } from '../query-rows.ts';
import { decompressColumns } from './codec.ts';
import { decodeColumns, type SegmentColumns } from './segment-columns.ts';

export interface SegmentKey {
  readonly day: number;
  readonly id: string;
}

interface ColumnsRow extends SegmentKey {
  readonly codec: number;
  readonly columns: Buffer;
}

/** Spans whose columns are kept: at 26 bytes a span about 50 MB. */
const MAX_CACHED_SPANS = 2_000_000;

/** Segments never change and no two have one id, so that what was read stays true. */
const cache = new Map<string, SegmentColumns>();

/** Columns of segments by id. Ask within the snapshot that named them: outside, one may be merged or dropped by now. */
export async function readColumns(
  db: Queryable,
  keys: readonly SegmentKey[],
): Promise<ReadonlyMap<string, SegmentColumns>> {
  const found = new Map<string, SegmentColumns>();
  const missing: SegmentKey[] = [];
  for (const key of keys) {
    const columns = cache.get(key.id);
    if (columns === undefined) missing.push(key);
    else found.set(key.id, columns);
  }
  for (const row of await fetchColumns(db, missing)) {
    const columns = decodeColumns(decompressColumns(row.codec, row.columns));
    found.set(row.id, columns);
    remember(row.id, columns);
  }
  return found;
}

async function fetchColumns(
  db: Queryable,
  keys: readonly SegmentKey[],
): Promise<readonly ColumnsRow[]> {
  if (keys.length === 0) return [];
  return await queryRows(db)<ColumnsRow>`
    select s.day, s.id, s.codec, s.columns
    from unnest(${keys.map(({ day }) => day)}::int4[], ${keys.map(({ id }) => id)}::int8[]) as k (day, id)
    join span_segment s on s.day = k.day and s.id = k.id`;
}

function remember(id: string, columns: SegmentColumns): void {
  cache.set(id, columns);
  let spans = 0;
  for (const { count } of cache.values()) spans += count;
  for (const [oldest, { count }] of cache) {
    if (spans <= MAX_CACHED_SPANS) return;
    cache.delete(oldest);
    spans -= count;
  }
}
