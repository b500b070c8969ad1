import { z } from 'zod';
import { loopbackAddress, loopbackUrl } from '#lab/xds/socket-address.ts';

export const dnsSettings = z.object({
  DNS_LISTEN: loopbackAddress.prefault('127.0.9.1:5353'),
  DNS_ADMIN_URL: loopbackUrl.prefault('http://127.0.9.1:5380'),
  DNS_TTL_SECONDS: z.coerce.number().int().min(0).max(86_400).default(5),
  REGISTRY_URL: z.url().default('http://127.0.9.1:18003'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
});
