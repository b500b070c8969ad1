import { AsyncLocalStorage } from 'node:async_hooks';
import { type Database, openDatabase } from '#store/client.ts';
import { allowMissing } from '#store/shards.ts';

/** Next bundles each route by itself: what must be one per process hangs on the global object. */
const shared = globalThis as { detourDatabase?: Database };

/** The database of a question that may be answered in part. */
const asking = new AsyncLocalStorage<Database>();

/** One per process, from DATABASE_URLS or DATABASE_URL; connects at its first query. */
export function database(): Database {
  shared.detourDatabase ??= openDatabase(databaseUrl());
  return asking.getStore() ?? shared.detourDatabase;
}

/**
 * What `load` finds when databases that do not answer are left out, and their names: whoever shows the answer says so, and
 * so does an answer that this one is a part of. Without it every question fails that one of them keeps from a whole answer.
 */
export async function answerInPart<T>(
  load: () => Promise<T>,
): Promise<{ readonly found: T; readonly missing: readonly string[] }> {
  const whole = database();
  const db = allowMissing(whole);
  const found = await asking.run(db, load);
  const missing = [...db.missing].sort();
  for (const name of missing) whole.missing?.add(name);
  return { found, missing };
}

function databaseUrl(): string {
  const url = process.env['DATABASE_URLS'] || process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    throw new Error('DATABASE_URL is not set: name a PostgreSQL database, or run npm start');
  }
  return url;
}
