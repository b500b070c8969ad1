import { z } from 'zod';
import { loopbackAddress } from '#lab/xds/socket-address.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const loopback = z
  .string()
  .regex(/^127(\.\d{1,3}){3}$/, 'must be a loopback address, e.g. 127.0.13.1');
const hostPort = loopbackAddress.transform(({ host, port: number }) => `${host}:${number}`);
const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((name) => name !== ''));
const ms = z.coerce.number().int().positive();

const Endpoints = z.record(
  z.string(),
  z.array(z.string().regex(/^[\d.]+:\d+$/, 'must be address:port')),
);
/** `{"song":["127.0.13.1:15006"]}` */
const staticEndpoints = z
  .string()
  .default('{}')
  .transform((text, context) => {
    const parsed = Endpoints.safeParse(tryParse(text));
    if (!parsed.success) {
      context.addIssue({ code: 'custom', message: 'must be like {"song":["127.0.13.1:15006"]}' });
      return z.NEVER;
    }
    return new Map(
      Object.entries(parsed.data).map(([service, addresses]) => [
        service,
        addresses.map((text) => {
          const [address = '', number] = text.split(':');
          return { address, port: Number(number), weight: 1 };
        }),
      ]),
    );
  });

export const SidecarEnvironment = z.object({
  SERVICE: z.string().min(1),
  INSTANCE: z.string().min(1),
  ADDRESS: loopback,
  APP_PORT: port.default(8080),
  SIDECAR_OUTBOUND_PORT: port.default(15_001),
  SIDECAR_INBOUND_PORT: port.default(15_006),
  SIDECAR_ADMIN_PORT: port.default(15_000),
  CONTROL_PLANE_XDS: hostPort,
  DNS_ADDRESS: hostPort,
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
  /** Services to ask for at the start; any other is asked for with its first request. */
  UPSTREAMS: list,
  /** Services found by DNS from the start. */
  DNS_SERVICES: list,
  STATIC_ENDPOINTS: staticEndpoints,
  ON_DELETION: z.enum(['drop', 'keep']).default('drop'),
  ON_OVERSIZE: z.enum(['refuse', 'crash']).default('refuse'),
  XDS_KEEPALIVE_MS: ms.default(5000),
  XDS_KEEPALIVE_TIMEOUT_MS: ms.default(2000),
  ATTEMPT_TIMEOUT_MS: ms.default(2000),
  MAX_ATTEMPTS: z.coerce.number().int().min(1).max(10).default(2),
  /** Shorter than an attempt: whoever calls must get the answer, not its own deadline. */
  CONFIG_WAIT_MS: ms.default(1000),
  BOOT_CACHE_FILE: z.string().optional(),
});

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
