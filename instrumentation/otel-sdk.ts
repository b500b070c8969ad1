import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { metrics, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';

export interface TelemetrySettings {
  readonly serviceName: string;
  readonly instanceId: string;
  /** Further resource attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Base URL of an OTLP/HTTP receiver, e.g. `http://127.0.0.1:4318`. */
  readonly endpoint: string;
}

/** Short enough that the map moves within a second of the traffic; the SDK's default is 5 s. */
const SPAN_DELAY_MS = 200;
const METRIC_INTERVAL_MS = 1000;

/**
 * Gauges say what is, not what was: with cumulative temporality the SDK goes on exporting every attribute set that an
 * observable gauge ever had, as if it still held (TemporalMetricProcessor.merge).
 */
class CurrentGaugesExporter extends OTLPMetricExporter {
  override selectAggregationTemporality(
    instrument: metrics.InstrumentType,
  ): metrics.AggregationTemporality {
    return instrument === metrics.InstrumentType.OBSERVABLE_GAUGE ||
      instrument === metrics.InstrumentType.GAUGE
      ? metrics.AggregationTemporality.DELTA
      : metrics.AggregationTemporality.CUMULATIVE;
  }
}

/**
 * Sends this process's spans and metrics over OTLP, as any stranger would. Call once, before anything asks the API for
 * a tracer or meter. The returned function flushes what is pending and stops; it never throws.
 */
export function startOtelSdk(settings: TelemetrySettings): () => Promise<void> {
  const sdk = new NodeSDK({
    resource: resources.resourceFromAttributes({
      'service.name': settings.serviceName,
      'service.instance.id': settings.instanceId,
      ...settings.attributes,
    }),
    autoDetectResources: false,
    instrumentations: [],
    spanProcessors: [
      new tracing.BatchSpanProcessor(
        new OTLPTraceExporter({ url: `${settings.endpoint}/v1/traces` }),
        { scheduledDelayMillis: SPAN_DELAY_MS, maxQueueSize: 16_384, maxExportBatchSize: 1024 },
      ),
    ],
    metricReaders: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new CurrentGaugesExporter({ url: `${settings.endpoint}/v1/metrics` }),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_INTERVAL_MS,
      }),
    ],
  });
  sdk.start();
  return async () => {
    // A receiver that is gone at shutdown is no reason to fail the shutdown.
    await sdk.shutdown().catch(() => undefined);
  };
}
