import { startOtelSdk } from './otel-sdk.ts';

/** The dashboard reports to the same receiver as the systems that it shows; no receiver named, no report. */
export function startDashboardTelemetry(env: Readonly<Record<string, string | undefined>>): void {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint) return;
  startOtelSdk({
    hasActiveContext: true,
    serviceName: 'detour-dashboard',
    instanceId: `dashboard-${process.pid}`,
    attributes: { 'service.namespace': 'detour' },
    endpoint,
  });
}
