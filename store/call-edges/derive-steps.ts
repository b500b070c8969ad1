import type pg from 'pg';
import { decodeHistogram, encodeHistogram } from '#telemetry/latency-histogram.ts';
import type { Shard } from '../client.ts';
import { MINUTE, TEN_MINUTES } from './steps.ts';

/** A step is derived when spans of it have stopped coming; later ones make it stale again. */
const SETTLE_SECONDS = 90;
const STEPS_AT_ONCE = 120;

/** Derives stale minutes from their seconds, then stale ten minutes from their minutes. How many were derived. */
export async function deriveSteps(db: Shard, nowMs: number): Promise<number> {
  const settled = Math.floor(nowMs / 1000) - SETTLE_SECONDS;
  let derived = 0;
  for (const step of [MINUTE, TEN_MINUTES]) {
    for (const start of await readStale(db, step, settled - step)) {
      if (await deriveStep(db, step, start)) derived++;
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

async function deriveStep(db: Shard, step: number, start: number): Promise<boolean> {
  const client = await db.pool.connect();
  let failed = true;
  try {
    await client.query('begin');
    const isOurs = await takeMark(client, step, start);
    if (isOurs) {
      await deriveEdges(client, step, start);
      await deriveServices(client, step, start);
    }
    await client.query(isOurs ? 'commit' : 'rollback');
    failed = false;
    return isOurs;
  } finally {
    client.release(failed);
  }
}

/** False when somebody else derives it, or when one of its minutes became stale while we waited for its writer. */
async function takeMark(client: pg.PoolClient, step: number, start: number): Promise<boolean> {
  const taken = await client.query('delete from stale_step where step = $1 and start = $2', [
    step,
    start,
  ]);
  if (taken.rowCount !== 1) return false;
  if (step === MINUTE) return true;
  const finer = await client.query(
    'select from stale_step where step = $1 and start >= $2 and start < $3 limit 1',
    [MINUTE, start, start + step],
  );
  return finer.rowCount === 0;
}

interface EdgeRow {
  readonly client: string;
  readonly server: string;
  readonly server_kind: number;
  readonly mode: number;
  readonly calls: string;
  readonly errors: string;
  readonly latency: Buffer;
}

async function deriveEdges(client: pg.PoolClient, step: number, start: number): Promise<void> {
  const source =
    step === MINUTE
      ? 'call_edge_second where second >= $1 and second < $2'
      : `call_edge_step where step = ${MINUTE} and start >= $1 and start < $2`;
  const { rows } = await client.query<EdgeRow>(
    `select client, server, server_kind, mode, sum(calls) as calls, sum(errors) as errors,
            string_agg(latency, '') as latency
     from ${source} group by client, server, server_kind, mode`,
    [start, start + step],
  );
  await client.query(
    `insert into call_edge_step (step, start, client, server, server_kind, mode, calls, errors, latency)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::int2[], $6::int2[], $7::int8[], $8::int8[], $9::bytea[])
     on conflict (step, start, client, server, server_kind, mode)
     do update set calls = excluded.calls, errors = excluded.errors, latency = excluded.latency`,
    [
      step,
      start,
      rows.map((row) => row.client),
      rows.map((row) => row.server),
      rows.map((row) => row.server_kind),
      rows.map((row) => row.mode),
      rows.map((row) => row.calls),
      rows.map((row) => row.errors),
      rows.map((row) => shorten(row.latency)),
    ],
  );
}

interface ServiceRow {
  readonly service: string;
  readonly reporter: number;
  readonly requests: string;
  readonly errors: string;
  readonly latency: Buffer;
}

async function deriveServices(client: pg.PoolClient, step: number, start: number): Promise<void> {
  const source =
    step === MINUTE
      ? 'service_second where second >= $1 and second < $2'
      : `service_step where step = ${MINUTE} and start >= $1 and start < $2`;
  const { rows } = await client.query<ServiceRow>(
    `select service, reporter, sum(requests) as requests, sum(errors) as errors,
            string_agg(latency, '') as latency
     from ${source} group by service, reporter`,
    [start, start + step],
  );
  await client.query(
    `insert into service_step (step, start, service, reporter, requests, errors, latency)
     select $1, $2, * from unnest($3::text[], $4::int2[], $5::int8[], $6::int8[], $7::bytea[])
     on conflict (step, start, service, reporter)
     do update set requests = excluded.requests, errors = excluded.errors, latency = excluded.latency`,
    [
      step,
      start,
      rows.map((row) => row.service),
      rows.map((row) => row.reporter),
      rows.map((row) => row.requests),
      rows.map((row) => row.errors),
      rows.map((row) => shorten(row.latency)),
    ],
  );
}

/** Many histograms one behind the other, as one. */
function shorten(latency: Buffer): Buffer {
  return Buffer.from(encodeHistogram(decodeHistogram(latency)));
}
