import type pg from 'pg';
import type { TimeWindow } from '#telemetry/time.ts';
import type { Shard } from './client.ts';
import { PARTITIONED, partitionName } from './partitions.ts';

/** Where pinned segments go: below zero, which no retention drops. */
const PINNED_DAY = -1;
/** A reader that takes longer makes us come back later. */
const LOCK_LIMIT = '3s';
/** Of trace_segment, its index and a segment's row: about, at ten spans a trace. */
const INDEX_BYTES_PER_SPAN = 10;
const LOCK_NOT_AVAILABLE = '55P03';

/** Drops the partitions of days before `oldestDay`, but for the spans of pinned windows. The days dropped, ascending. */
export async function dropOldDays(
  db: Shard,
  oldestDay: number,
  pinned: readonly TimeWindow[],
): Promise<readonly number[]> {
  const dropped: number[] = [];
  for (const day of await readDays(db)) {
    if (day >= oldestDay) break;
    if (!(await dropDay(db, day, pinned))) break;
    dropped.push(day);
  }
  return dropped;
}

/** Drops the oldest days, then the oldest segments of the last one, until the database is within its budget. */
export async function fitIntoBudget(
  db: Shard,
  settings: { readonly maxDiskBytes?: number; readonly pinned: readonly TimeWindow[] },
): Promise<{ readonly droppedDays: readonly number[]; readonly droppedSegments: number }> {
  const { maxDiskBytes, pinned } = settings;
  if (maxDiskBytes === undefined) return { droppedDays: [], droppedSegments: 0 };
  const droppedDays: number[] = [];
  const days = [...(await readDays(db))];
  // Tomorrow's partition is there already, and empty.
  while (days.length > 2 && (await databaseBytes(db)) > maxDiskBytes) {
    const day = days.shift();
    if (day === undefined || !(await dropDay(db, day, pinned))) break;
    droppedDays.push(day);
  }
  const [day] = days;
  const excess = (await databaseBytes(db)) - maxDiskBytes;
  const droppedSegments = excess > 0 && day !== undefined ? await dropOldest(db, day, excess) : 0;
  return { droppedDays, droppedSegments };
}

async function readDays(db: Shard): Promise<readonly number[]> {
  const { rows } = await db.pool.query<{ day: number }>(
    `select substring(c.relname from '_d(\\d+)$')::int as day
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'span_segment'::regclass and c.relname ~ '_d\\d+$' order by 1`,
  );
  return rows.map(({ day }) => day);
}

async function databaseBytes(db: Shard): Promise<number> {
  const { rows } = await db.pool.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  );
  return rows[0]?.bytes ?? 0;
}

/** False when somebody reads for so long that we do not wait. */
async function dropDay(db: Shard, day: number, pinned: readonly TimeWindow[]): Promise<boolean> {
  const client = await db.pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local lock_timeout = '${LOCK_LIMIT}'`);
    await movePinned(client, day, pinned);
    for (const table of PARTITIONED) {
      await client.query(`drop table if exists ${partitionName(table, day)}`);
    }
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    const isBusy = error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
    if (isBusy) return false;
    throw error;
  } finally {
    client.release();
  }
}

async function movePinned(
  client: pg.PoolClient,
  day: number,
  pinned: readonly TimeWindow[],
): Promise<void> {
  if (pinned.length === 0) return;
  const starts = pinned.map(({ startUnixNano }) => startUnixNano);
  const stops = pinned.map(({ endUnixNano }) => endUnixNano);
  await client.query(
    `update metric_point set day = $1 where day = $2 and exists (
       select from unnest($3::int8[], $4::int8[]) as pin (start, stop)
       where unix_nano >= pin.start and unix_nano < pin.stop)`,
    [PINNED_DAY, day, starts, stops],
  );
  const moved = await client.query<{ id: string }>(
    `update span_segment set day = $1 where day = $2 and exists (
       select from unnest($3::int8[], $4::int8[]) as pin (start, stop)
       where max_start >= pin.start and min_start < pin.stop)
     returning id`,
    [PINNED_DAY, day, starts, stops],
  );
  if (moved.rows.length === 0) return;
  await client.query(
    'update trace_segment set day = $1 where day = $2 and segment_id = any($3::int8[])',
    [PINNED_DAY, day, moved.rows.map(({ id }) => id)],
  );
}

/**
 * Within a day only rows can go. The files do not shrink, but what is free in them is used again; so the measure is what
 * the rows of the day take, against what its files may take.
 */
async function dropOldest(db: Shard, day: number, excessBytes: number): Promise<number> {
  const spans = partitionName('span_segment', day);
  const traces = partitionName('trace_segment', day);
  const { rows } = await db.pool.query<{ id: string }>(
    `with sized as (
       select id, sum(pg_column_size(payload) + pg_column_size(columns) + pg_column_size(filter)
                      + ${INDEX_BYTES_PER_SPAN} * span_count) over (order by max_start desc, id desc) as newer
       from ${spans}
     ), oldest as (
       select id from sized
       where newer > pg_total_relation_size('${spans}') + pg_total_relation_size('${traces}') - $1::float8
     ), gone as (
       delete from ${traces} t using oldest o where t.segment_id = o.id
     )
     delete from ${spans} s using oldest o where s.id = o.id returning s.id`,
    [excessBytes],
  );
  if (rows.length > 0) await db.pool.query(`vacuum ${spans}, ${traces}`);
  return rows.length;
}
