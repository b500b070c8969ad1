import { cpSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';
import { unixNano } from '#telemetry/time.ts';
import { MIGRATIONS, temporaryDir } from '#tests/support/test-store.ts';

/** The start of ten minutes. */
const FROM_SECOND = 1_790_000_400;
const WINDOW = {
  startUnixNano: unixNano(BigInt(FROM_SECOND) * 1_000_000_000n),
  endUnixNano: unixNano(BigInt(FROM_SECOND + 600) * 1_000_000_000n),
};

test('a store whose minutes were derived before seconds were packed answers the same', async () => {
  const root = temporaryDir();
  const older = path.join(root, 'migrations');
  for (const name of readdirSync(MIGRATIONS).filter((one) => one < '20261128145000')) {
    cpSync(path.join(MIGRATIONS, name), path.join(older, name), { recursive: true });
  }
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(root, 'data') });
  await migrate(postgres.url, older);
  const db = openDatabase(postgres.url);
  try {
    for (const writer of [7, 8]) {
      await db.pool.query(
        `insert into call_edge_second values (${FROM_SECOND + 5}, 'a', 'b', 0, 0, ${writer}, 3, 1, decode('0a03', 'hex'))`,
      );
    }
    await db.pool.query(
      `insert into call_edge_step values (60, ${FROM_SECOND}, 'a', 'b', 0, 0, 6, 2, decode('0a06', 'hex'))`,
    );
    await db.pool.query(
      `insert into call_edge_step values (600, ${FROM_SECOND}, 'a', 'b', 0, 0, 6, 2, decode('0a06', 'hex'))`,
    );
    await migrate(postgres.url, MIGRATIONS);
    expect(await readCallEdges(db, WINDOW)).toMatchObject([{ calls: 6, errors: 2 }]);
    while ((await deriveSteps(db, Date.now())) > 0);
    expect(await readCallEdges(db, WINDOW)).toMatchObject([{ calls: 6, errors: 2 }]);
    expect(await readCallEdgeSeconds(db, WINDOW)).toMatchObject([
      { second: FROM_SECOND + 5, calls: 6 },
    ]);
  } finally {
    await closeDatabase(db);
    await postgres.stop();
    rmSync(root, { recursive: true, force: true });
  }
});
