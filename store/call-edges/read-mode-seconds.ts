import type { CallEdge, CallEdgeSecond } from '#telemetry/call-edge.ts';
import { ROUTING_MODES } from '#telemetry/routing-mode.ts';
import { type TimeWindow, unixSecond } from '#telemetry/time.ts';
import type { Database, Shard } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { secondsOf } from '../roll-up-window.ts';
import { askShards } from '../shards.ts';
import { peerKindOf, type ResolvePeer, readPeerResolver } from './resolve-peers.ts';
import { EDGE_TABLES, secondRows } from './roll-up-tables.ts';
import { MINUTE, stepStart } from './steps.ts';

/** Calls of all edges together that ended in one second, by how the callee was found. */
export type ModeSecond = Pick<CallEdgeSecond, 'second' | 'mode' | 'calls' | 'errors'>;

interface PairRow {
  readonly client: string;
  readonly server: string;
  readonly server_kind: number;
}

interface ModeSecondRow {
  readonly second: number;
  readonly mode: number;
  readonly calls: number;
  readonly errors: number;
}

/**
 * Summed over the edges that `isCounted` wants, ascending by second, then mode: a large mesh has a thousand edges in each
 * second, and only their sum crosses the wire.
 */
export async function readModeSeconds(
  db: Database,
  window: TimeWindow,
  isCounted: (edge: Pick<CallEdge, 'client' | 'server'>) => boolean,
): Promise<readonly ModeSecond[]> {
  const resolve = await readPeerResolver(db);
  const parts = await askShards(db, async (shard) => {
    const pairs = await readPairs(shard, window);
    return sumSeconds(
      shard,
      window,
      pairs.filter((pair) => !isWanted(pair, resolve, isCounted)),
    );
  });
  return addUp(parts.flat());
}

async function readPairs(shard: Shard, window: TimeWindow): Promise<readonly PairRow[]> {
  const { from, to } = secondsOf(window);
  return queryRows(shard)<PairRow>`
    select client, server, server_kind from call_edge_second
    where second >= ${from} and second < ${to}
    union
    select client, server, server_kind from call_edge_step
    where step = ${MINUTE} and start >= ${stepStart(from, MINUTE)} and start < ${to}`;
}

/** False for calls to the client's own sidecar. */
function isWanted(
  { client, server, server_kind }: PairRow,
  resolve: ResolvePeer,
  isCounted: (edge: Pick<CallEdge, 'client' | 'server'>) => boolean,
): boolean {
  const peer = resolve(client, server, peerKindOf(server_kind));
  return peer.kind !== 'own-sidecar' && isCounted({ client, server: peer.server });
}

async function sumSeconds(
  shard: Shard,
  window: TimeWindow,
  leftOut: readonly PairRow[],
): Promise<readonly ModeSecondRow[]> {
  const { from, to } = secondsOf(window);
  const clients = leftOut.map(({ client }) => client);
  const servers = leftOut.map(({ server }) => server);
  const kinds = leftOut.map(({ server_kind }) => server_kind);
  const { rows } = await shard.pool.query<ModeSecondRow>(SUMS_SQL, [
    from,
    to,
    clients,
    servers,
    kinds,
  ]);
  return rows;
}

const SUMS_SQL = `
  select second::float8 as second, mode, sum(calls)::float8 as calls, sum(errors)::float8 as errors
  from (${secondRows(
    EDGE_TABLES,
    '$1::int8',
    '$2::int8',
    `(client, server, server_kind) not in (select * from unnest($3::text[], $4::text[], $5::int2[]))`,
  )}) as counted
  group by second, mode`;

function addUp(rows: readonly ModeSecondRow[]): readonly ModeSecond[] {
  const sums = new Map<string, ModeSecond>();
  // In one order, however many shards they come from.
  for (const row of rows.toSorted((a, b) => a.second - b.second || a.mode - b.mode)) {
    const key = `${row.second} ${row.mode}`;
    const known = sums.get(key);
    sums.set(key, {
      second: unixSecond(row.second),
      mode: ROUTING_MODES[row.mode] ?? 'unknown',
      calls: (known?.calls ?? 0) + row.calls,
      errors: (known?.errors ?? 0) + row.errors,
    });
  }
  return [...sums.values()];
}
