import type pg from 'pg';
import { encodeHistogram } from '#telemetry/latency-histogram.ts';
import {
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  prepared,
  textArray,
} from '../binary-arrays.ts';
import { COMMIT_CHANNEL } from '../notifications.ts';
import type { SeenInstance, SeenOperation } from '../services/seen-services.ts';
import type { PeerAlias } from './learn-aliases.ts';
import type { EdgeSum, ServiceSum } from './sums.ts';

const upsertEdges = prepared(
  'upsert-edges',
  `insert into call_edge_second (second, client, server, server_kind, mode, writer, calls, errors, latency)
   select * from unnest($1::int8[], $2::text[], $3::text[], $4::int2[], $5::int2[], $6::int8[], $7::int4[], $8::int4[], $9::bytea[])
   on conflict (second, client, server, server_kind, mode, writer)
   do update set calls = excluded.calls, errors = excluded.errors, latency = excluded.latency`,
);

export async function writeEdges(client: pg.Client, edges: readonly EdgeSum[]): Promise<void> {
  if (edges.length === 0) return;
  await client.query(
    upsertEdges([
      int8Array(edges.map(({ second }) => second)),
      textArray(edges.map(({ client: name }) => name)),
      textArray(edges.map(({ server }) => server)),
      int2Array(edges.map(({ serverKind }) => serverKind)),
      int2Array(edges.map(({ mode }) => mode)),
      int8Array(edges.map(({ writer }) => writer)),
      int4Array(edges.map(({ calls }) => calls)),
      int4Array(edges.map(({ errors }) => errors)),
      byteaArray(edges.map(({ latency }) => encodeHistogram(latency))),
    ]),
  );
}

const upsertServices = prepared(
  'upsert-services',
  `insert into service_second (second, service, reporter, writer, requests, errors, latency)
   select * from unnest($1::int8[], $2::text[], $3::int2[], $4::int8[], $5::int4[], $6::int4[], $7::bytea[])
   on conflict (second, service, reporter, writer)
   do update set requests = excluded.requests, errors = excluded.errors, latency = excluded.latency`,
);

export async function writeServices(
  client: pg.Client,
  services: readonly ServiceSum[],
): Promise<void> {
  if (services.length === 0) return;
  await client.query(
    upsertServices([
      int8Array(services.map(({ second }) => second)),
      textArray(services.map(({ service }) => service)),
      int2Array(services.map(({ reporter }) => reporter)),
      int8Array(services.map(({ writer }) => writer)),
      int4Array(services.map(({ calls }) => calls)),
      int4Array(services.map(({ errors }) => errors)),
      byteaArray(services.map(({ latency }) => encodeHistogram(latency))),
    ]),
  );
}

export async function writeInstances(
  client: pg.Client,
  instances: readonly SeenInstance[],
): Promise<void> {
  if (instances.length === 0) return;
  const sorted = sortedBy(instances, ({ service, instance }) => `${service}\0${instance}`);
  await client.query(
    `insert into service_instance (service, instance, first_second, last_second)
     select * from unnest($1::text[], $2::text[], $3::int8[], $4::int8[])
     on conflict (service, instance) do update set
       first_second = least(service_instance.first_second, excluded.first_second),
       last_second = greatest(service_instance.last_second, excluded.last_second)`,
    [
      sorted.map(({ service }) => service),
      sorted.map(({ instance }) => instance),
      sorted.map(({ firstSecond }) => firstSecond),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

export async function writeOperations(
  client: pg.Client,
  operations: readonly SeenOperation[],
): Promise<void> {
  if (operations.length === 0) return;
  const unique = new Map(operations.map((one) => [`${one.service}\0${one.operation}`, one]));
  const sorted = sortedBy([...unique.values()], (one) => `${one.service}\0${one.operation}`);
  await client.query(
    `insert into operation (service, operation, last_second)
     select * from unnest($1::text[], $2::text[], $3::int8[])
     on conflict (service, operation) do update set
       last_second = greatest(operation.last_second, excluded.last_second)`,
    [
      sorted.map(({ service }) => service),
      sorted.map(({ operation }) => operation),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

export async function writeAliases(
  client: pg.Client,
  aliases: readonly PeerAlias[],
): Promise<void> {
  if (aliases.length === 0) return;
  const sorted = sortedBy(aliases, (one) => `${one.client}\0${one.address}\0${one.server}`);
  await client.query(
    `insert into peer_alias (client, address, server, last_second)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int8[])
     on conflict (client, address, server) do update set
       last_second = greatest(peer_alias.last_second, excluded.last_second)`,
    [
      sorted.map(({ client: name }) => name),
      sorted.map(({ address }) => address),
      sorted.map(({ server }) => server),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

/** Rows that several connections write are locked in one order, so that they never wait for each other in a circle. */
function sortedBy<T>(rows: readonly T[], key: (row: T) => string): readonly T[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A payload ends at 8,000 bytes; listeners only need to know what is new. */
const MAX_NOTIFIED_SECONDS = 100;

const notify = prepared('notify-commit', 'select pg_notify($1, $2)');

export async function notifyCommit(
  client: pg.Client,
  edges: readonly EdgeSum[],
  services: readonly ServiceSum[],
): Promise<void> {
  const seconds = new Set([...edges, ...services].map(({ second }) => second));
  const newest = [...seconds].sort((a, b) => b - a).slice(0, MAX_NOTIFIED_SECONDS);
  await client.query(notify([COMMIT_CHANNEL, JSON.stringify({ seconds: newest })]));
}
