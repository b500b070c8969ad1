import { startIngest } from '#ingest/start-ingest.ts';
import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { writeIngestHealth } from '#store/ingest-health/write-ingest-health.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { openShardedSpanWriter } from '#store/spans/write-to-shards.ts';
import { type UnixSecond, unixSecond } from '#telemetry/time.ts';
import { checkStore } from './check-store.ts';
import { IngesterSettings, ingesterName, toReceiverSettings } from './ingester.config.ts';
import { readSettings, runProcess } from './run-process.ts';

/** Receives OTLP over HTTP and gRPC and answers when PostgreSQL has it. */
runProcess(async () => {
  const settings = readSettings(IngesterSettings);
  const { DATABASE_URL: url } = settings;
  const name = ingesterName(settings);
  const db = openDatabase(url, { poolSize: 2 });
  await checkStore(db);
  // Metrics alone: a span about each request would become a request.
  const stopTelemetry = startOtelSdk({
    serviceName: 'detour-ingester',
    instanceId: name,
    attributes: { 'service.namespace': 'detour' },
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const spans = openShardedSpanWriter(url);
  const metrics = openMetricWriter(url);
  const ingest = await startIngest({
    ...toReceiverSettings(settings),
    writeSpans: spans.write,
    writeMetrics: metrics.write,
    writeHealth: (snapshot) => writeIngestHealth(db, name, now(), snapshot),
    now,
  });
  return {
    details: {
      host: settings.OTLP_HOST,
      httpPort: ingest.http.port,
      grpcPort: ingest.grpc.port,
    },
    stop: async () => {
      await stopTelemetry();
      await ingest.stop();
      await Promise.all([spans.stop(), metrics.stop()]);
      await closeDatabase(db);
    },
  };
});

function now(): UnixSecond {
  return unixSecond(Math.floor(Date.now() / 1000));
}
