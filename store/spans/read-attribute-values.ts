import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';

/** Attribute keys that begin with `prefix`, ascending. */
export async function readAttributeKeys(
  db: Database,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await queryRows(db)<{ key: string }>`
    select distinct key from attribute_value where starts_with(key, ${prefix}) order by key limit ${limit}`;
  return rows.map(({ key }) => key);
}

/** Values of a key that begin with `prefix`, ascending; none for keys whose values hardly repeat. */
export async function readAttributeValues(
  db: Database,
  key: string,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await queryRows(db)<{ value: string }>`
    select value from attribute_value
    where key = ${key} and value <> '' and starts_with(value, ${prefix}) order by value limit ${limit}`;
  return rows.map(({ value }) => value);
}
