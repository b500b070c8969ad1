import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { closeDatabase, type Database, openDatabase } from '#store/client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';

export interface TestStore {
  readonly db: Database;
  readonly url: string;
  readonly postgres: EmbeddedPostgres;
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

export const MIGRATIONS = path.join(import.meta.dirname, '../../prisma/migrations');

/** A PostgreSQL of its own with all migrations, in a temporary directory that goes away with it: half a second. */
export async function startTestStore(): Promise<TestStore> {
  const root = temporaryDir();
  const dataDir = path.join(root, 'data');
  const postgres = await startEmbeddedPostgres({ dataDir });
  await migrate(postgres.url, MIGRATIONS);
  const db = openDatabase(postgres.url);
  return {
    db,
    url: postgres.url,
    postgres,
    dataDir,
    stop: async () => {
      await closeDatabase(db);
      await postgres.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** In the system's own directory, and open: PostgreSQL's unprivileged account must be able to enter it. */
export function temporaryDir(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'detour-test-'));
  chmodSync(dir, 0o755);
  return dir;
}
