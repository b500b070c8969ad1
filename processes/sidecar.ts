import { startLeanOtelSdk } from '#instrumentation/otel-sdk.ts';
import { startSidecar } from '#lab/sidecar/start-sidecar.ts';
import { ATTR_PROXY } from '#telemetry/attributes.ts';
import { readSettings, runProcess } from './run-process.ts';
import { SidecarEnvironment } from './sidecar.config.ts';

runProcess(async () => {
  const env = readSettings(SidecarEnvironment);
  const stopTelemetry = startLeanOtelSdk({
    serviceName: env.SERVICE,
    instanceId: env.INSTANCE,
    attributes: { [ATTR_PROXY]: 'sidecar' },
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const stopSidecar = await startSidecar(
    {
      service: env.SERVICE,
      instance: env.INSTANCE,
      address: env.ADDRESS,
      applicationPort: env.APP_PORT,
      outboundPort: env.SIDECAR_OUTBOUND_PORT,
      inboundPort: env.SIDECAR_INBOUND_PORT,
      adminPort: env.SIDECAR_ADMIN_PORT,
      controlPlane: env.CONTROL_PLANE_XDS,
      dnsServer: env.DNS_ADDRESS,
      dnsZone: 'lab',
      dnsServices: env.DNS_SERVICES,
      upstreams: env.UPSTREAMS,
      staticEndpoints: env.STATIC_ENDPOINTS,
      onDeletion: env.ON_DELETION,
      onOversize: env.ON_OVERSIZE,
      keepaliveMs: env.XDS_KEEPALIVE_MS,
      keepaliveTimeoutMs: env.XDS_KEEPALIVE_TIMEOUT_MS,
      attemptTimeoutMs: env.ATTEMPT_TIMEOUT_MS,
      maxAttempts: env.MAX_ATTEMPTS,
      configWaitMs: env.CONFIG_WAIT_MS,
      bootCacheFile: env.BOOT_CACHE_FILE,
    },
    { now: Date.now, roll: Math.random },
  );
  return {
    details: { sidecar: env.INSTANCE, address: env.ADDRESS },
    stop: async () => {
      await stopSidecar();
      await stopTelemetry();
    },
  };
});
