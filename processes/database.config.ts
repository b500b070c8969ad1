import { z } from 'zod';
import { splitDatabaseUrls } from '#store/database-urls.ts';

/** One PostgreSQL, or several with commas between. */
export const databaseUrl = z
  .string({ error: 'name a PostgreSQL database, e.g. postgresql://host/detour' })
  .refine(
    (urls) => splitDatabaseUrls(urls).every((url) => /^postgres(ql)?:\/\//.test(url)),
    'must begin with postgresql://',
  )
  .refine((urls) => splitDatabaseUrls(urls).length > 0, 'must name a PostgreSQL database');

/** DATABASE_URLS goes before DATABASE_URL. */
export function preferSeveral(env: unknown): unknown {
  const named = env as Readonly<Record<string, string | undefined>>;
  return { ...named, DATABASE_URL: named['DATABASE_URLS'] || named['DATABASE_URL'] };
}
