import type { CallEdge, CallEdgeSecond } from '#telemetry/call-edge.ts';
import { addHistogram, decodeHistogram } from '#telemetry/latency-histogram.ts';
import { ROUTING_MODES } from '#telemetry/routing-mode.ts';
import { type TimeWindow, unixSecond } from '#telemetry/time.ts';
import type { Database } from '../client.ts';
import { secondsOf } from '../roll-up-window.ts';
import { askShards } from '../shards.ts';
import { levelParameters, levelRows } from './level-rows.ts';
import { edgeKeyOf, peerKindOf, type ResolvePeer, readPeerResolver } from './resolve-peers.ts';
import { EDGE_TABLES, secondRows } from './roll-up-tables.ts';
import { cutIntoSteps } from './steps.ts';

interface EdgeRow {
  readonly client: string;
  readonly server: string;
  readonly server_kind: number;
  readonly mode: number;
  readonly calls: number;
  readonly errors: number;
  /** Histograms of many rows, one behind the other: reading them in turn adds them up. */
  readonly latency: Buffer;
}

interface EdgeSecondRow extends EdgeRow {
  readonly second: number;
}

/** Calls that ended in the seconds that `window` touches, summed; addresses are resolved to services where known. */
export async function readCallEdges(
  db: Database,
  window: TimeWindow,
): Promise<readonly CallEdge[]> {
  const { from, to } = secondsOf(window);
  const parameters = levelParameters(cutIntoSteps(from, to));
  const [resolve, parts] = await Promise.all([
    readPeerResolver(db),
    askShards(db, ({ pool }) => pool.query<EdgeRow>(WINDOW_SQL, [...parameters])),
  ]);
  const rows = parts.flatMap((part) => part.rows);
  return merge(inOrder(rows).flatMap((row) => toEdge(row, resolve)));
}

const WINDOW_SQL = `
  select client, server, server_kind, mode, sum(calls)::float8 as calls, sum(errors)::float8 as errors,
         string_agg(latency, '') as latency
  from (${levelRows(EDGE_TABLES)}) as level
  group by client, server, server_kind, mode`;

/** The same by second, ascending. */
export async function readCallEdgeSeconds(
  db: Database,
  window: TimeWindow,
): Promise<readonly CallEdgeSecond[]> {
  const { from, to } = secondsOf(window);
  const [resolve, parts] = await Promise.all([
    readPeerResolver(db),
    askShards(db, ({ pool }) => pool.query<EdgeSecondRow>(SECONDS_SQL, [from, to])),
  ]);
  const rows = inOrder(parts.flatMap((part) => part.rows)).sort((a, b) => a.second - b.second);
  const edges: CallEdgeSecond[] = [];
  for (let i = 0; i < rows.length; ) {
    const second = unixSecond(rows[i]?.second ?? 0);
    const inSecond: CallEdge[] = [];
    for (; rows[i]?.second === second; i++) {
      inSecond.push(...toEdge(rows[i] as EdgeSecondRow, resolve));
    }
    for (const edge of merge(inSecond)) edges.push({ ...edge, second });
  }
  return edges;
}

const SECONDS_SQL = `
  select second::float8 as second, client, server, server_kind, mode, sum(calls)::float8 as calls,
         sum(errors)::float8 as errors, string_agg(latency, '') as latency
  from (${secondRows(EDGE_TABLES, '$1::int8', '$2::int8')}) as counted
  group by second, client, server, server_kind, mode`;

/** The order of the names does not depend on how many shards they come from. */
function inOrder<Row extends EdgeRow>(rows: readonly Row[]): Row[] {
  return rows
    .map((row) => ({
      row,
      key: `${row.client}\0${row.server}\0${row.server_kind}\0${String(row.mode).padStart(2)}`,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** Nothing for calls to the client's own sidecar. */
function toEdge(row: EdgeRow, resolve: ResolvePeer): readonly CallEdge[] {
  const peer = resolve(row.client, row.server, peerKindOf(row.server_kind));
  if (peer.kind === 'own-sidecar') return [];
  return [
    {
      client: row.client,
      server: peer.server,
      serverKind: peer.kind,
      mode: ROUTING_MODES[row.mode] ?? 'unknown',
      calls: row.calls,
      errors: row.errors,
      latency: decodeHistogram(row.latency),
    },
  ];
}

/** Several addresses may turn out to be one service. */
function merge(edges: readonly CallEdge[]): readonly CallEdge[] {
  const merged = new Map<string, CallEdge>();
  for (const edge of edges) {
    const key = edgeKeyOf(edge);
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, edge);
      continue;
    }
    addHistogram(known.latency, edge.latency);
    const calls = known.calls + edge.calls;
    merged.set(key, { ...known, calls, errors: known.errors + edge.errors });
  }
  return [...merged.values()];
}
