import { trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { metrics, NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import { LeanTracerProvider } from './lean-spans/lean-tracer.ts';
import { EncodedTraceExporter } from './lean-spans/send-encoded.ts';
import { NO_CONTEXT } from './no-context.ts';

export interface TelemetrySettings {
  readonly serviceName: string;
  readonly instanceId: string;
  /** Further resource attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Base URL of an OTLP/HTTP receiver, e.g. `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** For code that asks for the active context instead of being handed one. Ours is handed one; Next.js asks. */
  readonly hasActiveContext?: boolean;
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

const BATCH_SPANS = 1024;
const WAITING_SPANS = 16_384;

/**
 * Sends this process's spans and metrics over OTLP, as any stranger would. Call once, before anything asks the API for
 * a tracer or meter. The returned function flushes what is pending and stops; it never throws.
 */
export function startOtelSdk(settings: TelemetrySettings): () => Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${settings.endpoint}/v1/traces` });
  const processor = new tracing.BatchSpanProcessor(exporter, {
    scheduledDelayMillis: SPAN_DELAY_MS,
    maxQueueSize: WAITING_SPANS,
    maxExportBatchSize: BATCH_SPANS,
  });
  const sdk = new NodeSDK({ ...sharedParts(settings), spanProcessors: [processor] });
  sdk.start();
  return async () => {
    // A receiver that is gone at shutdown is no reason to fail the shutdown.
    await sdk.shutdown().catch(() => undefined);
  };
}

/** The same for a process on the path of every request, whose spans are lean. */
export function startLeanOtelSdk(settings: TelemetrySettings): () => Promise<void> {
  const sdk = new NodeSDK({
    ...sharedParts(settings),
    spanProcessors: [],
  });
  sdk.start();
  const exporter = new EncodedTraceExporter(`${settings.endpoint}/v1/traces`);
  const provider = new LeanTracerProvider(
    attributesOf(settings),
    { delayMs: SPAN_DELAY_MS, batchSpans: BATCH_SPANS, waitingSpans: WAITING_SPANS },
    (request) => exporter.send(request),
  );
  trace.setGlobalTracerProvider(provider);
  return async () => {
    await provider.flush();
    await Promise.all([exporter.shutdown(), sdk.shutdown()]).catch(() => undefined);
  };
}

function sharedParts(settings: TelemetrySettings) {
  return {
    resource: resources.resourceFromAttributes(attributesOf(settings)),
    autoDetectResources: false,
    instrumentations: [],
    ...(!settings.hasActiveContext && { contextManager: NO_CONTEXT }),
    metricReaders: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new CurrentGaugesExporter({ url: `${settings.endpoint}/v1/metrics` }),
        exportIntervalMillis: METRIC_INTERVAL_MS,
        exportTimeoutMillis: METRIC_INTERVAL_MS,
      }),
    ],
  };
}

function attributesOf(settings: TelemetrySettings): Readonly<Record<string, string>> {
  return {
    'service.name': settings.serviceName,
    'service.instance.id': settings.instanceId,
    ...settings.attributes,
  };
}
