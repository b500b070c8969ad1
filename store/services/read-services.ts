import type { ServiceCalls, ServiceCallsSecond, ServiceInstance } from '#telemetry/call-edge.ts';
import { addEncodedHistogram, decodeHistogram } from '#telemetry/latency-histogram.ts';
import { type TimeWindow, unixSecond } from '#telemetry/time.ts';
import { levelParameters, levelRows } from '../call-edges/level-rows.ts';
import { SERVICE_TABLES, secondRows } from '../call-edges/roll-up-tables.ts';
import { cutIntoSteps } from '../call-edges/steps.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { secondsOf } from '../roll-up-window.ts';
import { askShards } from '../shards.ts';

interface ServiceRow {
  readonly service: string;
  readonly reporter: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: Buffer;
}

interface ServiceSecondRow extends ServiceRow {
  readonly second: number;
}

/**
 * Requests that each service answered in the seconds that `window` touches. Where the application itself reports, its
 * proxy's count of the same requests is left out.
 */
export async function readServices(
  db: Database,
  window: TimeWindow,
): Promise<readonly ServiceCalls[]> {
  const { from, to } = secondsOf(window);
  const parameters = levelParameters(cutIntoSteps(from, to));
  const parts = await askShards(db, ({ pool }) =>
    pool.query<ServiceRow>(WINDOW_SQL, [...parameters]),
  );
  return addUp(
    chosen(parts.flatMap(({ rows }) => rows)),
    ({ service }) => service,
    ({ service }) => ({ service }),
  );
}

const WINDOW_SQL = `
  select service, reporter, sum(requests)::float8 as requests, sum(errors)::float8 as errors,
         string_agg(latency, '') as latency
  from (${levelRows(SERVICE_TABLES)}) as level
  group by service, reporter`;

/** The same by second, ascending. */
export async function readServiceSeconds(
  db: Database,
  window: TimeWindow,
): Promise<readonly ServiceCallsSecond[]> {
  const { from, to } = secondsOf(window);
  const parts = await askShards(db, ({ pool }) =>
    pool.query<ServiceSecondRow>(SECONDS_SQL, [from, to]),
  );
  const sums = addUp(
    chosen(parts.flatMap(({ rows }) => rows)),
    ({ second, service }) => `${second} ${service}`,
    ({ second, service }) => ({ second: unixSecond(second), service }),
  );
  return sums.sort((a, b) => a.second - b.second);
}

const SECONDS_SQL = `
  select second::float8 as second, service, reporter, sum(requests)::float8 as requests,
         sum(errors)::float8 as errors, string_agg(latency, '') as latency
  from (${secondRows(SERVICE_TABLES, '$1::int8', '$2::int8')}) as counted
  group by second, service, reporter`;

/** What the application counted where it reports, else what its proxy did; ascending by service. */
function chosen<Row extends ServiceRow>(rows: readonly Row[]): readonly Row[] {
  const reporters = new Map<string, number>();
  for (const { service, reporter } of rows) {
    reporters.set(service, Math.min(reporter, reporters.get(service) ?? reporter));
  }
  return rows
    .filter(({ service, reporter }) => reporters.get(service) === reporter)
    .sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
}

/** Rows of one key are parts of one sum: each shard has its own. */
function addUp<Row extends ServiceRow, Key extends object>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  toKey: (row: Row) => Key,
): (Key & Counts)[] {
  const sums = new Map<string, Key & Counts>();
  for (const row of rows) {
    const known = sums.get(keyOf(row));
    if (known !== undefined) addEncodedHistogram(known.latency, row.latency);
    sums.set(keyOf(row), {
      ...toKey(row),
      requests: row.requests + (known?.requests ?? 0),
      errors: row.errors + (known?.errors ?? 0),
      latency: known?.latency ?? decodeHistogram(row.latency),
    });
  }
  return [...sums.values()];
}

type Counts = Pick<ServiceCalls, 'requests' | 'errors' | 'latency'>;

/** Instances that sent spans at some time in `window`, as far as first and last sight tell. */
export async function readServiceInstances(
  db: Database,
  window: TimeWindow,
): Promise<readonly ServiceInstance[]> {
  const { from, to } = secondsOf(window);
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<InstanceRow>`
      select service, instance, first_second::float8 as first, last_second::float8 as last
      from service_instance where first_second < ${to} and last_second >= ${from}`,
  );
  const seen = new Map<string, InstanceRow>();
  for (const row of parts.flat()) {
    const key = `${row.service}\0${row.instance}`;
    const known = seen.get(key) ?? row;
    const first = Math.min(known.first, row.first);
    seen.set(key, { ...row, first, last: Math.max(known.last, row.last) });
  }
  return [...seen]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { service, instance, first, last }]) => ({
      service,
      instance,
      firstSecond: unixSecond(first),
      lastSecond: unixSecond(last),
    }));
}

interface InstanceRow {
  readonly service: string;
  readonly instance: string;
  readonly first: number;
  readonly last: number;
}

/** Every service that ever sent a span and is still remembered, ascending. */
export async function readServiceNames(db: Database): Promise<readonly string[]> {
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<{ service: string }>`select distinct service from service_instance`,
  );
  return [...new Set(parts.flat().map(({ service }) => service))].sort();
}

/** Span names of one service, ascending. */
export async function readOperations(db: Database, service: string): Promise<readonly string[]> {
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<{ operation: string }>`
      select operation from operation where service = ${service}`,
  );
  return [...new Set(parts.flat().map(({ operation }) => operation))].sort();
}
