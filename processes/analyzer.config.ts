import { z } from 'zod';

export const AnalyzerSettings = z.object({
  DATABASE_URL: z.string({ error: 'name a PostgreSQL database, e.g. postgresql://host/detour' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
  /** How long after its end a second may still get spans before it is judged. */
  ANALYZER_LATENESS_MS: z.coerce.number().int().min(0).max(60_000).default(1000),
});
