import { type CallEdge, PEER_KINDS, type PeerKind } from '#telemetry/call-edge.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { askShards } from '../shards.ts';

interface AliasRow {
  readonly client: string;
  readonly address: string;
  readonly server: string;
  readonly last_second: number;
}

/** Two services confirmed behind one address so close together share it: then it stays an address. */
const AMBIGUOUS_SECONDS = 60;

type ResolvedPeer =
  | { readonly kind: PeerKind; readonly server: string }
  /** The client's own sidecar, whose own calls say where the request went. */
  | { readonly kind: 'own-sidecar' };

export type ResolvePeer = (client: string, server: string, kind: PeerKind) => ResolvedPeer;

/** Says who stands behind an address, as learnt so far; what is no address is itself. */
export async function readPeerResolver(db: Database): Promise<ResolvePeer> {
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<AliasRow>`
      select client, address, server, last_second::float8 as last_second
      from peer_alias order by last_second desc`,
  );
  const rows = parts.flat().sort((a, b) => b.last_second - a.last_second);
  const newest = new Map<string, AliasRow>();
  const ambiguous = new Set<string>();
  for (const row of rows) {
    const key = `${row.client}\0${row.address}`;
    const known = newest.get(key);
    if (known === undefined) newest.set(key, row);
    else if (known.server === row.server) continue;
    else if (known.last_second - row.last_second < AMBIGUOUS_SECONDS) ambiguous.add(key);
  }
  return (client, server, kind) => {
    const key = `${client}\0${server}`;
    const alias = kind === 'address' && !ambiguous.has(key) ? newest.get(key) : undefined;
    if (alias === undefined) return { kind, server };
    if (alias.server === client) return { kind: 'own-sidecar' };
    return { kind: 'service', server: alias.server };
  };
}

export function peerKindOf(code: number): PeerKind {
  return PEER_KINDS[code] ?? 'address';
}

export function edgeKeyOf(
  edge: Pick<CallEdge, 'client' | 'server' | 'serverKind' | 'mode'>,
): string {
  return `${edge.client}\0${edge.server}\0${edge.serverKind}\0${edge.mode}`;
}
