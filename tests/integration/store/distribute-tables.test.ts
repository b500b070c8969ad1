import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DISTRIBUTED, distributeTables, REFERENCE } from '#store/distribute-tables.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(() => store.stop());

interface KeyRow {
  readonly index: string;
  readonly columns: readonly string[];
}

/** Unique indexes of a table, the primary key among them, as the catalogue has them. */
async function uniqueKeys(table: string): Promise<readonly KeyRow[]> {
  const { rows } = await store.db.pool.query<KeyRow>(
    `select i.indexrelid::regclass::text as index,
            array(select a.attname::text from unnest(i.indkey::int2[]) k
                  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k) as columns
     from pg_index i where i.indisunique and i.indrelid = $1::regclass`,
    [table],
  );
  return rows;
}

describe('the step for Citus', () => {
  test('does nothing to a PostgreSQL without it, however often', async () => {
    expect(await distributeTables(store.db)).toEqual([]);
    expect(await distributeTables(store.db)).toEqual([]);
  });

  test('distributes by a column that every unique key contains', async () => {
    for (const { table, column } of DISTRIBUTED) {
      const { rows } = await store.db.pool.query(
        `select format_type(atttypid, atttypmod) as type from pg_attribute
         where attrelid = $1::regclass and attname = $2 and attnotnull`,
        [table, column],
      );
      expect(rows, `${table}.${column}`).toHaveLength(1);
      for (const key of await uniqueKeys(table)) expect(key.columns, key.index).toContain(column);
    }
    expect(await uniqueKeys('span_segment')).toHaveLength(1);
  });

  test('joins tables by columns of one type', async () => {
    for (const { table, column, with: other } of DISTRIBUTED) {
      if (other === undefined) continue;
      const partner = DISTRIBUTED.find((one) => one.table === other);
      const { rows } = await store.db.pool.query(
        `select count(distinct atttypid)::int as types from pg_attribute
         where (attrelid = $1::regclass and attname = $2) or (attrelid = $3::regclass and attname = $4)`,
        [table, column, other, partner?.column],
      );
      expect(rows[0].types).toBe(1);
    }
  });

  test('touches no table that has a foreign key, a sequence or a trigger', async () => {
    const tables = [...DISTRIBUTED.map(({ table }) => table), ...REFERENCE];
    const { rows } = await store.db.pool.query(
      `select t.name from unnest($1::text[]) t (name) where
         exists (select from pg_constraint c where c.contype = 'f'
                 and t.name::regclass in (c.conrelid, c.confrelid))
         or exists (select from pg_attrdef d where d.adrelid = t.name::regclass)
         or exists (select from pg_trigger g where g.tgrelid = t.name::regclass and not g.tgisinternal)`,
      [tables],
    );
    expect(rows).toEqual([]);
  });
});
