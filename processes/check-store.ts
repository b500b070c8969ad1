import { checkClaimed, WrongShards } from '#store/claim-shards.ts';
import type { Database } from '#store/client.ts';
import { waitForDatabase } from '#store/wait-for-database.ts';
import { SettingError } from './run-process.ts';

/** Waits until the store answers. Throws SettingError when it is none of Detour's, or its databases are wrongly named. */
export async function checkStore(db: Database): Promise<void> {
  if (!(await waitForDatabase(db, (line) => process.stderr.write(`${line}\n`)))) {
    throw new SettingError('DATABASE_URL: no tables of Detour in it; npm run serve makes them');
  }
  try {
    await checkClaimed(db);
  } catch (error) {
    throw error instanceof WrongShards
      ? new SettingError(`DATABASE_URLS: ${error.message}`)
      : error;
  }
}
