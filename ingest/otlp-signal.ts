export type OtlpSignal = 'traces' | 'metrics' | 'logs';
export const OTLP_SIGNALS: readonly OtlpSignal[] = ['traces', 'metrics', 'logs'];

interface SignalNames {
  readonly path: string;
  /** The gRPC method, opentelemetry/proto/collector. */
  readonly method: string;
  /** What is counted when part of a request is refused, and its key in OTLP/JSON. */
  readonly rejectedKey: string;
  readonly items: string;
}

export const SIGNAL_NAMES: Readonly<Record<OtlpSignal, SignalNames>> = {
  traces: {
    path: '/v1/traces',
    method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    rejectedKey: 'rejectedSpans',
    items: 'spans',
  },
  metrics: {
    path: '/v1/metrics',
    method: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    rejectedKey: 'rejectedDataPoints',
    items: 'data points',
  },
  logs: {
    path: '/v1/logs',
    method: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    rejectedKey: 'rejectedLogRecords',
    items: 'log records',
  },
};
