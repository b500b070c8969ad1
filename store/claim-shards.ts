import { randomUUID } from 'node:crypto';
import type { Database, Shard } from './client.ts';
import { queryRows } from './query-rows.ts';

/** The databases named are not, in this order, the databases of one store. */
export class WrongShards extends Error {
  override readonly name = 'WrongShards';
}

interface ShardRow {
  readonly store: string;
  readonly number: number;
  readonly shards: number;
}

/**
 * Notes in each database which part of the store it is, or checks what was noted: with a database left out, or in another
 * order, traces would be looked for in the wrong place. Databases may be added at the end. Throws WrongShards.
 */
export async function claimShards(db: Database): Promise<void> {
  const before = await Promise.all(db.shards.map(readShard));
  checkShards(before);
  const store = before[0]?.store ?? randomUUID();
  for (const [number, shard] of db.shards.entries()) {
    if (before[number] === undefined && number > 0) await checkIsEmpty(shard);
    await queryRows(shard)`
      insert into store_shard (id, store, number, shards) values (1, ${store}, ${number}, ${db.shards.length})
      on conflict (id) do update set shards = excluded.shards`;
  }
}

/** The same for a process that only uses them: each must have been claimed, unless there is but one. */
export async function checkClaimed(db: Database): Promise<void> {
  if (db.shards.length === 1 && !(await hasTable(db))) return;
  const rows = await Promise.all(db.shards.map(readShard));
  checkShards(rows);
  const unclaimed = rows.indexOf(undefined);
  if (db.shards.length > 1 && unclaimed !== -1) {
    throw new WrongShards(
      `database ${unclaimed + 1} of ${rows.length} is no part of this store yet; npm run serve with the same DATABASE_URLS makes it one`,
    );
  }
}

function checkShards(rows: readonly (ShardRow | undefined)[]): void {
  const store = rows[0]?.store;
  for (const [number, row] of rows.entries()) {
    if (row === undefined) continue;
    const place = `database ${number + 1} of ${rows.length}`;
    if (store === undefined || row.store !== store) {
      throw new WrongShards(`${place} belongs to another store`);
    }
    if (row.number !== number) {
      throw new WrongShards(`${place} is number ${row.number + 1} of its store: keep their order`);
    }
    if (row.shards > rows.length) {
      throw new WrongShards(`the store has ${row.shards} databases, but ${rows.length} are named`);
    }
  }
}

async function readShard(db: Shard): Promise<ShardRow | undefined> {
  const [row] = await queryRows(db)<ShardRow>`select store, number, shards from store_shard`;
  return row;
}

/** A database without Detour's newest tables is older than the question. */
async function hasTable(db: Shard): Promise<boolean> {
  const [row] = await queryRows(db)<{ found: boolean }>`
    select to_regclass('store_shard') is not null as found`;
  return row?.found === true;
}

/** Spans that came before are on no one's way: nobody would look for their traces here. */
async function checkIsEmpty(shard: Shard): Promise<void> {
  const rows = await queryRows(shard)`select from span_segment limit 1`;
  if (rows.length > 0) {
    throw new WrongShards(`${shard.name} holds the spans of another store`);
  }
}
