import { z } from 'zod';
import { databaseUrl, preferSeveral } from './database.config.ts';

const HOURS_PER_DAY = 24;
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

export const AnalyzerSettings = z.preprocess(
  preferSeveral,
  z.object({
    DATABASE_URL: databaseUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
    /** One analyzer of a store judges; more than one only share the maintenance. */
    ANALYZER_JUDGES: z.stringbool().default(true),
    /** Numbers of the databases that this one maintains, from 1; by default all. */
    MAINTAIN_DATABASES: z
      .string()
      .regex(/^\d+(,\d+)*$/, 'must be numbers of databases, e.g. 1,3')
      .transform((text) => text.split(',').map(Number))
      .optional(),
    /** How long after its end a second may still get spans before it is judged. */
    ANALYZER_LATENESS_MS: z.coerce.number().int().min(0).max(60_000).default(500),
    /** Days, rounded up: spans go by whole days. */
    KEEP: z
      .string()
      .regex(/^[1-9]\d{0,4}[hd]$/, 'must be a number of hours or days, e.g. 12h or 7d')
      .prefault('7d')
      .transform((text) =>
        text.endsWith('d')
          ? Number.parseInt(text, 10)
          : Math.ceil(Number.parseInt(text, 10) / HOURS_PER_DAY),
      ),
    /** Bytes, of each database. */
    MAX_DISK: z
      .string()
      .regex(/^[1-9]\d{0,5}(MB|GB|TB)$/, 'must be a size, e.g. 500MB or 20GB')
      .prefault('20GB')
      .transform((text) => Number.parseInt(text, 10) * (UNIT_BYTES[text.slice(-2)] ?? 1)),
  }),
);
