import { type Database, openDatabase } from '#store/client.ts';

/** Next bundles each route by itself: what must be one per process hangs on the global object. */
const shared = globalThis as { detourDatabase?: Database };

/** One per process, from DATABASE_URL; connects at its first query. */
export function database(): Database {
  shared.detourDatabase ??= openDatabase(databaseUrl());
  return shared.detourDatabase;
}

function databaseUrl(): string {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    throw new Error('DATABASE_URL is not set: name a PostgreSQL database, or run npm start');
  }
  return url;
}
