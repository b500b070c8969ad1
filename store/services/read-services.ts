import type { ServiceCalls, ServiceCallsSecond, ServiceInstance } from '#telemetry/call-edge.ts';
import { decodeHistogram } from '#telemetry/latency-histogram.ts';
import { type TimeWindow, unixSecond } from '#telemetry/time.ts';
import { levelParameters, levelRows } from '../call-edges/level-rows.ts';
import { cutIntoSteps } from '../call-edges/steps.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { secondsOf } from '../roll-up-window.ts';

interface ServiceRow {
  readonly service: string;
  readonly requests: number;
  readonly errors: number;
  readonly latency: Buffer;
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
  const cut = cutIntoSteps(from, to);
  const { rows } = await db.pool.query<ServiceRow>(WINDOW_SQL, [...levelParameters(cut)]);
  return rows.map((row) => ({ ...row, latency: decodeHistogram(row.latency) }));
}

const WINDOW_SQL = `
  with level as (${levelRows(
    'service_second',
    'service_step',
    'service, reporter, requests, errors, latency',
  )}), chosen as (select service, min(reporter) as reporter from level group by service)
  select service, sum(requests)::float8 as requests, sum(errors)::float8 as errors,
         string_agg(latency, '') as latency
  from level join chosen using (service, reporter)
  group by service order by service`;

/** The same by second, ascending. */
export async function readServiceSeconds(
  db: Database,
  window: TimeWindow,
): Promise<readonly ServiceCallsSecond[]> {
  const { from, to } = secondsOf(window);
  const rows = await queryRows(db)<ServiceRow & { readonly second: number }>`
    with chosen as (
      select service, min(reporter) as reporter from service_second
      where second >= ${from} and second < ${to} group by service
    )
    select second::float8 as second, service, sum(requests)::float8 as requests,
           sum(errors)::float8 as errors, string_agg(latency, '') as latency
    from service_second join chosen using (service, reporter)
    where second >= ${from} and second < ${to}
    group by second, service order by second, service`;
  return rows.map((row) => ({
    ...row,
    second: unixSecond(row.second),
    latency: decodeHistogram(row.latency),
  }));
}

/** Instances that sent spans at some time in `window`, as far as first and last sight tell. */
export async function readServiceInstances(
  db: Database,
  window: TimeWindow,
): Promise<readonly ServiceInstance[]> {
  const { from, to } = secondsOf(window);
  const rows = await db.prisma.serviceInstance.findMany({
    where: { firstSecond: { lt: BigInt(to) }, lastSecond: { gte: BigInt(from) } },
    orderBy: [{ service: 'asc' }, { instance: 'asc' }],
  });
  return rows.map((row) => ({
    ...row,
    firstSecond: unixSecond(Number(row.firstSecond)),
    lastSecond: unixSecond(Number(row.lastSecond)),
  }));
}

/** Every service that ever sent a span and is still remembered, ascending. */
export async function readServiceNames(db: Database): Promise<readonly string[]> {
  const rows = await db.prisma.serviceInstance.findMany({
    distinct: ['service'],
    select: { service: true },
    orderBy: { service: 'asc' },
  });
  return rows.map(({ service }) => service);
}

/** Span names of one service, ascending. */
export async function readOperations(db: Database, service: string): Promise<readonly string[]> {
  const rows = await db.prisma.operation.findMany({
    where: { service },
    select: { operation: true },
    orderBy: { operation: 'asc' },
  });
  return rows.map(({ operation }) => operation);
}
