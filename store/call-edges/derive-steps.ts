import type pg from 'pg';
import { decodeHistogram } from '#telemetry/latency-histogram.ts';
import type { Shard } from '../client.ts';
import { randomId } from './hold-minutes.ts';
import { packMinute } from './pack-minute.ts';
import { EDGE_TABLES, keysOf, type RollUpTables, SERVICE_TABLES } from './roll-up-tables.ts';
import { MINUTE, TEN_MINUTES } from './steps.ts';
import { writeSteps } from './write-steps.ts';

/** A step is derived when spans of it have stopped coming; later ones make it stale again. */
const SETTLE_SECONDS = 90;
const STEPS_AT_ONCE = 120;
/** A writer that holds a minute for longer makes us come back later. */
const LOCK_LIMIT = '2s';
const LOCK_NOT_AVAILABLE = '55P03';
/** About a second's work, for which spans that come later still may have to wait. */
const ROWS_AT_ONCE = 50_000;

/**
 * Packs the seconds of stale minutes into them, then derives stale ten minutes from their minutes. How many were derived.
 * Whatever the clocks say, nothing is counted twice or lost: see `holdMinutes`.
 */
export async function deriveSteps(
  db: Shard,
  nowMs: number,
  rowsAtOnce = ROWS_AT_ONCE,
): Promise<number> {
  const settled = Math.floor(nowMs / 1000) - SETTLE_SECONDS;
  let derived = 0;
  for (const step of [MINUTE, TEN_MINUTES]) {
    for (const start of await readStale(db, step, settled - step)) {
      let outcome: Outcome;
      do outcome = await deriveStep(db, { step, start }, rowsAtOnce);
      while (outcome === 'in part');
      if (outcome === 'derived') derived++;
    }
  }
  return derived;
}

/** Ten minutes wait until all their minutes are derived. */
async function readStale(db: Shard, step: number, latest: number): Promise<readonly number[]> {
  const { rows } = await db.pool.query<{ start: number }>(
    `select start::float8 as start from stale_step s
     where step = $1 and start <= $2
       and ($1 = ${MINUTE} or not exists (
         select from stale_step m where m.step = ${MINUTE} and m.start >= s.start and m.start < s.start + $1))
     order by start desc limit ${STEPS_AT_ONCE}`,
    [step, latest],
  );
  return rows.map(({ start }) => start);
}

interface Step {
  readonly step: number;
  readonly start: number;
}

/** `busy`: not now, somebody else derives it or writes to it. */
type Outcome = 'derived' | 'in part' | 'busy';

async function deriveStep(db: Shard, step: Step, rowsAtOnce: number): Promise<Outcome> {
  const client = await db.pool.connect();
  let failed = true;
  try {
    await client.query('begin');
    const isOurs = await takeMark(client, step);
    const isWhole = isOurs && (await deriveTaken(client, step, rowsAtOnce));
    await client.query(isOurs ? 'commit' : 'rollback');
    failed = false;
    return isWhole ? 'derived' : isOurs ? 'in part' : 'busy';
  } finally {
    client.release(failed);
  }
}

/** False when a part is left: it is stale again, and under another mark, because a part of its rows went. */
async function deriveTaken(
  client: pg.PoolClient,
  { step, start }: Step,
  rowsAtOnce: number,
): Promise<boolean> {
  let isWhole = true;
  for (const tables of [EDGE_TABLES, SERVICE_TABLES]) {
    if (step === TEN_MINUTES) await addMinutesUp(client, tables, start);
    else if (!(await packMinute(client, tables, start, rowsAtOnce))) isWhole = false;
  }
  if (!isWhole) {
    await client.query('insert into stale_step (step, start, mark) values ($1, $2, $3)', [
      step,
      start,
      randomId(),
    ]);
  }
  return isWhole;
}

/** False when somebody else derives it or still writes to it, or when one of its minutes became stale meanwhile. */
async function takeMark(client: pg.PoolClient, { step, start }: Step): Promise<boolean> {
  if (!(await deleteMark(client, { step, start }))) return false;
  if (step === MINUTE) return true;
  const finer = await client.query(
    'select from stale_step where step = $1 and start >= $2 and start < $3 limit 1',
    [MINUTE, start, start + step],
  );
  return finer.rowCount === 0;
}

async function deleteMark(client: pg.PoolClient, { step, start }: Step): Promise<boolean> {
  await client.query(`set local lock_timeout = '${LOCK_LIMIT}'`);
  try {
    const taken = await client.query('delete from stale_step where step = $1 and start = $2', [
      step,
      start,
    ]);
    return taken.rowCount === 1;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)
      return false;
    throw error;
  }
}

interface SumRow {
  readonly count: string;
  readonly errors: string;
  readonly latency: Buffer;
}

/** Of one ten minutes. */
async function addMinutesUp(
  client: pg.PoolClient,
  tables: RollUpTables,
  start: number,
): Promise<void> {
  const { rows } = await client.query<SumRow & Record<string, unknown>>(
    `select ${keysOf(tables)}, sum(${tables.count}) as count, sum(errors) as errors, string_agg(latency, '') as latency
     from ${tables.steps} where step = ${MINUTE} and start >= $1 and start < $2 group by ${keysOf(tables)}`,
    [start, start + TEN_MINUTES],
  );
  const sums = rows.map((row) => ({
    keys: tables.keys.map(({ name }) => row[name] as string | number),
    count: Number(row.count),
    errors: Number(row.errors),
    latency: decodeHistogram(row.latency),
    seconds: [],
  }));
  await writeSteps(client, tables, { step: TEN_MINUTES, start }, sums);
}
