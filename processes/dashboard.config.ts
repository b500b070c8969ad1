import { z } from 'zod';
import { databaseUrl, preferSeveral } from './database.config.ts';

/** The rest of the dashboard's settings (DATABASE_URL, LAB_URL) are read where its pages need them. */
export const DashboardSettings = z.preprocess(
  preferSeveral,
  z.object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    DATABASE_URL: databaseUrl,
  }),
);
