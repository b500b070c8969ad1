/**
 * A stranger: the stock OpenTelemetry SDK for Node.js with nothing but its standard environment variables
 * (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_SERVICE_NAME). Sends one request with one call below
 * it, prints the trace id and ends.
 */
import { context, SpanKind, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const tracer = trace.getTracer('stranger');
const server = tracer.startSpan('GET /checkout', { kind: SpanKind.SERVER });
const client = tracer.startSpan(
  'SELECT orders',
  {
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'orders' },
  },
  trace.setSpan(context.active(), server),
);
client.end();
server.end();
await sdk.shutdown();
console.log(server.spanContext().traceId);
