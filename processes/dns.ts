import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { dnsHandler } from '#lab/dns/dns-http.ts';
import { queryCounter } from '#lab/dns/dns-metrics.ts';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { watchRegistry } from '#lab/registry/watch-registry.ts';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { dnsSettings } from '#processes/dns.config.ts';
import { readSettings, runProcess } from '#processes/run-process.ts';

const ORIGIN = 'lab';

runProcess(async () => {
  const settings = readSettings(dnsSettings);
  const stopTelemetry = startOtelSdk({
    serviceName: 'dns',
    instanceId: 'dns',
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const countQuery = queryCounter(() => server.zone);
  const server = new DnsServer({
    origin: ORIGIN,
    ttlSeconds: settings.DNS_TTL_SECONDS,
    onQuery: countQuery,
  });
  const { DNS_LISTEN: dns, DNS_ADMIN_URL: admin } = settings;
  const dnsPort = await server.listen(dns.port, dns.host);
  const http = await serveAdmin(dnsHandler(server), admin.port, admin.host);
  const stopWatching = watchRegistry(settings.REGISTRY_URL, (catalogue) =>
    server.applyCatalogue(catalogue),
  );
  return {
    details: { dns: `${dns.host}:${dnsPort}`, admin: `http://${admin.host}:${http.port}` },
    stop: async () => {
      stopWatching();
      await server.close();
      await http.close();
      await stopTelemetry();
    },
  };
});
