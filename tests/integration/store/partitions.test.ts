import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDay, PARTITIONED, partitionName } from '#store/partitions.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const DAY = 20_000;
const OFF = 'autovacuum_vacuum_insert_threshold=-1';
let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
});

afterAll(async () => {
  await store?.stop();
});

test('a partition is made once, and is not vacuumed for what is only added', async () => {
  await ensureDay(store.db.pool, DAY);
  await ensureDay(store.db.pool, DAY);
  for (const table of PARTITIONED) {
    const { rows } = await store.db.pool.query<{ own: string[]; toast: string[] | null }>(
      `select c.reloptions as own, t.reloptions as toast
       from pg_class c left join pg_class t on t.oid = c.reltoastrelid where c.relname = $1`,
      [partitionName(table, DAY)],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.own).toContain(OFF);
    // trace_segment has nothing that is kept apart.
    if (table !== 'trace_segment') expect(rows[0]?.toast).toContain(OFF);
  }
});
