import type pg from 'pg';
import { encodeHistogram, type LatencyHistogram } from '#telemetry/latency-histogram.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { holdMinutes } from './hold-minutes.ts';
import { RollUp } from './roll-up.ts';
import { MINUTE } from './steps.ts';
import type { EdgeSum, ServiceSum } from './sums.ts';
import { notifyCommit } from './write-roll-ups.ts';

/**
 * Takes spans out of the roll-ups that were counted once too often, within the caller's transaction. Roll-ups are only
 * ever added to: what is taken out is a row of a writer of its own with numbers below zero. A row that has nothing to be
 * taken from is left out: its second is dropped, or its host was counted among the others.
 */
export async function countOut(client: pg.ClientBase, spans: readonly SpanBatch[]): Promise<void> {
  if (spans.length === 0) return;
  const held = await holdMinutes(client, spans);
  const rollUp = new RollUp();
  for (const batch of spans) rollUp.fold(batch, held);
  const { edges, services } = rollUp.takeDirty();
  await writeEdgesBelowZero(client, edges);
  await writeServicesBelowZero(client, services);
  await notifyCommit(client as pg.Client, edges, services);
}

async function writeEdgesBelowZero(
  client: pg.ClientBase,
  edges: readonly EdgeSum[],
): Promise<void> {
  if (edges.length === 0) return;
  await client.query(
    `insert into call_edge_second (second, client, server, server_kind, mode, writer, calls, errors, latency)
     select o.* from unnest($1::int8[], $2::text[], $3::text[], $4::int2[], $5::int2[], $6::int8[], $7::int4[], $8::int4[], $9::bytea[])
       as o (second, client, server, server_kind, mode, writer, calls, errors, latency)
     where exists (select from call_edge_second c where c.second = o.second and c.client = o.client
         and c.server = o.server and c.server_kind = o.server_kind and c.mode = o.mode)
       or exists (select from call_edge_step m where m.step = ${MINUTE} and m.start = o.second / ${MINUTE} * ${MINUTE}
         and m.client = o.client and m.server = o.server and m.server_kind = o.server_kind and m.mode = o.mode
         and o.second - m.start = any(m.second_at))`,
    [
      edges.map(({ second }) => second),
      edges.map((edge) => edge.client),
      edges.map(({ server }) => server),
      edges.map(({ serverKind }) => serverKind),
      edges.map(({ mode }) => mode),
      ...belowZero(edges),
    ],
  );
}

async function writeServicesBelowZero(
  client: pg.ClientBase,
  services: readonly ServiceSum[],
): Promise<void> {
  if (services.length === 0) return;
  await client.query(
    `insert into service_second (second, service, reporter, writer, requests, errors, latency)
     select o.* from unnest($1::int8[], $2::text[], $3::int2[], $4::int8[], $5::int4[], $6::int4[], $7::bytea[])
       as o (second, service, reporter, writer, requests, errors, latency)
     where exists (select from service_second s where s.second = o.second and s.service = o.service
         and s.reporter = o.reporter)
       or exists (select from service_step m where m.step = ${MINUTE} and m.start = o.second / ${MINUTE} * ${MINUTE}
         and m.service = o.service and m.reporter = o.reporter and o.second - m.start = any(m.second_at))`,
    [
      services.map(({ second }) => second),
      services.map(({ service }) => service),
      services.map(({ reporter }) => reporter),
      ...belowZero(services),
    ],
  );
}

/** Writers, counts, errors and histograms. */
function belowZero(sums: readonly (EdgeSum | ServiceSum)[]): readonly unknown[][] {
  return [
    sums.map(({ writer }) => writer),
    sums.map(({ calls }) => -calls),
    sums.map(({ errors }) => -errors),
    sums.map(({ latency }) => Buffer.from(encodeHistogram(negative(latency)))),
  ];
}

/** Counts are added modulo 2^32: to add 2^32 − n takes n away. */
function negative(latency: LatencyHistogram): LatencyHistogram {
  return latency.map((count) => -count);
}
