import { z } from 'zod';
import { loopbackAddress, loopbackUrl } from '#lab/xds/socket-address.ts';

export const LoadEnvironment = z.object({
  LOAD_URL: loopbackUrl.prefault('http://127.0.9.1:18004'),
  LOAD_RPS: z.coerce.number().min(0).max(10_000).default(20),
  LOAD_SEED: z.coerce.number().int().nonnegative().default(1),
  CONTROL_PLANE_XDS: loopbackAddress
    .prefault('127.0.9.1:18010')
    .transform(({ host, port }) => `${host}:${port}`),
  GATEWAY_URL: z.url().default('http://127.0.10.1:8080'),
});
