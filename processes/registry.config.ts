import { z } from 'zod';
import { loopbackUrl } from '#lab/xds/socket-address.ts';

export const registrySettings = z.object({
  REGISTRY_URL: loopbackUrl.prefault('http://127.0.9.1:18003'),
  REGISTRY_TTL_MS: z.coerce.number().int().min(100).default(5000),
  REGISTRY_SETTLE_MS: z.coerce.number().int().min(0).default(4000),
  /** How many instances there will be, where that is known. */
  REGISTRY_EXPECTED: z.coerce.number().int().min(1).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
});
