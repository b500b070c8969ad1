import type { IngestAddress } from '#views/first-run/snippets.ts';

/** Where telemetry is received, as far as the settings say; the browser adds its own host. */
export function readIngestAddress(): IngestAddress {
  return {
    httpPort: Number(process.env['OTLP_HTTP_PORT'] ?? 4318),
    grpcPort: Number(process.env['OTLP_GRPC_PORT'] ?? 4317),
  };
}
