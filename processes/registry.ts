import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { Registry } from '#lab/registry/registry.ts';
import { registryHandler } from '#lab/registry/registry-http.ts';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { registrySettings } from '#processes/registry.config.ts';
import { readSettings, runProcess } from '#processes/run-process.ts';

runProcess(async () => {
  const settings = readSettings(registrySettings);
  const stopTelemetry = startOtelSdk({
    serviceName: 'registry',
    instanceId: 'registry',
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const registry = new Registry({
    ttlMs: settings.REGISTRY_TTL_MS,
    settleMs: settings.REGISTRY_SETTLE_MS,
    ...(settings.REGISTRY_EXPECTED !== undefined && { expected: settings.REGISTRY_EXPECTED }),
    now: Date.now,
  });
  const { host, port } = settings.REGISTRY_URL;
  const http = await serveAdmin(registryHandler(registry), port, host);
  return {
    details: { url: `http://${host}:${http.port}` },
    stop: async () => {
      registry.stop();
      await http.close();
      await stopTelemetry();
    },
  };
});
