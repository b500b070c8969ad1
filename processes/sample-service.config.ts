import { z } from 'zod';
import { SERVICE_NAMES } from '#lab/services/start-service.ts';
import { loopbackAddress } from '#lab/xds/socket-address.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const hostPort = loopbackAddress.transform(({ host, port: number }) => `${host}:${number}`);

export const ServiceEnvironment = z.object({
  SERVICE: z
    .string()
    .refine((name) => SERVICE_NAMES.includes(name), `must be one of ${SERVICE_NAMES.join(', ')}`),
  INSTANCE: z.string().min(1),
  ADDRESS: z.string().regex(/^127(\.\d{1,3}){3}$/, 'must be a loopback address, e.g. 127.0.13.1'),
  APP_PORT: port.default(8080),
  GRPC_PORT: port.default(9090),
  SIDECAR_OUTBOUND_PORT: port.default(15_001),
  SIDECAR_INBOUND_PORT: port.default(15_006),
  SIDECAR_ADMIN_PORT: port.default(15_000),
  /** Of the sidecar's admin port: answers 200 when the sidecar is ready. */
  SIDECAR_READY_PATH: z.string().startsWith('/').default('/healthz'),
  CONTROL_PLANE_XDS: hostPort,
  DNS_ADDRESS: hostPort,
  REGISTRY_URL: z.url(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
  /** gRFC A53: the gRPC client keeps a resource that the control plane removed. */
  XDS_IGNORE_DELETION: z.stringbool().default(false),
  /** How long a login lasts. */
  SESSION_MS: z.coerce.number().int().positive().default(12_000),
});
