import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';

/** The key that Prisma's engine locks too, so that both may run at once: prisma-engines, sql-schema-connector. */
const PRISMA_LOCK = 72_707_369;

interface AppliedRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies what is missing from `migrationsDir` and returns how many migrations that were. Interchangeable with
 * `prisma migrate deploy`: same table, checksum and lock, without its second of start-up. Throws on a failed migration.
 */
export async function migrate(url: string, migrationsDir: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(CREATE_HISTORY);
    const applied = await readApplied(client);
    const missing = migrationsIn(migrationsDir).filter((name) => !applied.has(name));
    for (const name of missing) {
      await apply(client, name, readFileSync(path.join(migrationsDir, name, 'migration.sql')));
    }
    return missing.length;
  } finally {
    await client.end();
  }
}

const CREATE_HISTORY = `
  create table if not exists _prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`;

async function readApplied(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<AppliedRow>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  );
  const failed = rows.find((row) => row.finished_at === null);
  if (failed) {
    throw new Error(
      `migration ${failed.migration_name} failed before; mend it, then: npx prisma migrate resolve`,
    );
  }
  return new Set(rows.map((row) => row.migration_name));
}

/** In order of their time stamps. */
function migrationsIn(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => existsSync(path.join(dir, name, 'migration.sql')))
    .sort();
}

async function apply(client: pg.Client, name: string, sql: Buffer): Promise<void> {
  const id = randomUUID();
  const checksum = createHash('sha256').update(sql).digest('hex');
  await client.query(
    'insert into _prisma_migrations (id, checksum, migration_name) values ($1, $2, $3)',
    [id, checksum, name],
  );
  try {
    // One query string is one implicit transaction.
    await client.query(sql.toString());
  } catch (error) {
    await client.query('update _prisma_migrations set logs = $2 where id = $1', [
      id,
      String(error),
    ]);
    throw new Error(`migration ${name} failed`, { cause: error });
  }
  await client.query(
    'update _prisma_migrations set finished_at = now(), applied_steps_count = 1 where id = $1',
    [id],
  );
}
