import os from 'node:os';
import { z } from 'zod';
import { databaseUrl, preferSeveral } from './database.config.ts';

const MIB = 1024 * 1024;
const port = z.coerce.number().int().min(0).max(65_535);
const bytes = z.coerce.number().int().min(1024);
const milliseconds = z.coerce.number().int().min(100).max(3_600_000);

const Settings = z
  .object({
    DATABASE_URL: databaseUrl,
    /** What it is called among the ingesters of one store; by default its address. */
    INGESTER_NAME: z.string().min(1).optional(),
    OTLP_HOST: z.string().min(1).default('127.0.0.1'),
    OTLP_HTTP_PORT: port.default(4318),
    OTLP_GRPC_PORT: port.default(4317),
    /** Of one OTLP/HTTP body, before and after decompression. */
    OTLP_HTTP_MAX_BYTES: bytes.default(20 * MIB),
    OTLP_GRPC_MAX_BYTES: bytes.default(4 * MIB),
    /** Of all bodies in memory. Past it senders are told to come again. */
    INGEST_BUDGET_BYTES: bytes.default(64 * MIB),
    OTLP_HEADERS_TIMEOUT_MS: milliseconds.default(10_000),
    OTLP_REQUEST_TIMEOUT_MS: milliseconds.default(30_000),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
  })
  .refine((settings) => settings.OTLP_HEADERS_TIMEOUT_MS <= settings.OTLP_REQUEST_TIMEOUT_MS, {
    path: ['OTLP_HEADERS_TIMEOUT_MS'],
    message: 'must not be longer than OTLP_REQUEST_TIMEOUT_MS',
  })
  .refine((settings) => settings.INGEST_BUDGET_BYTES >= settings.OTLP_HTTP_MAX_BYTES, {
    path: ['INGEST_BUDGET_BYTES'],
    message: 'must hold at least one body of OTLP_HTTP_MAX_BYTES',
  });

export const IngesterSettings = z.preprocess(preferSeveral, Settings);

export function toReceiverSettings(settings: z.infer<typeof IngesterSettings>) {
  return {
    host: settings.OTLP_HOST,
    httpPort: settings.OTLP_HTTP_PORT,
    grpcPort: settings.OTLP_GRPC_PORT,
    maxHttpBytes: settings.OTLP_HTTP_MAX_BYTES,
    maxGrpcBytes: settings.OTLP_GRPC_MAX_BYTES,
    budgetBytes: settings.INGEST_BUDGET_BYTES,
    headersTimeoutMs: settings.OTLP_HEADERS_TIMEOUT_MS,
    requestTimeoutMs: settings.OTLP_REQUEST_TIMEOUT_MS,
  };
}

/** Every machine has a 0.0.0.0: there the machine's name tells one ingester from the other. */
export function ingesterName(settings: z.infer<typeof IngesterSettings>): string {
  const { INGESTER_NAME, OTLP_HOST, OTLP_HTTP_PORT } = settings;
  const host = ['0.0.0.0', '::'].includes(OTLP_HOST) ? os.hostname() : OTLP_HOST;
  return INGESTER_NAME ?? `${host}:${OTLP_HTTP_PORT}`;
}
