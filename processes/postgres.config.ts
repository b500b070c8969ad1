import { z } from 'zod';

/** The folder of the embedded PostgreSQL's data. */
export const PostgresSettings = z.object({ PGDATA_DIR: z.string().min(1) });
