import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';
import { askShards } from '../shards.ts';

/** Attribute keys that begin with `prefix`, ascending. */
export async function readAttributeKeys(
  db: Database,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<{ key: string }>`
    select distinct key from attribute_value where starts_with(key, ${prefix}) order by key limit ${limit}`,
  );
  return firstOf(
    parts.flat().map(({ key }) => key),
    limit,
  );
}

/** Values of a key that begin with `prefix`, ascending; none for keys whose values hardly repeat. */
export async function readAttributeValues(
  db: Database,
  key: string,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const parts = await askShards(
    db,
    (shard) => queryRows(shard)<{ value: string }>`
    select value from attribute_value
    where key = ${key} and value <> '' and starts_with(value, ${prefix}) order by value limit ${limit}`,
  );
  return firstOf(
    parts.flat().map(({ value }) => value),
    limit,
  );
}

function firstOf(words: readonly string[], limit: number): readonly string[] {
  return [...new Set(words)].sort().slice(0, limit);
}
