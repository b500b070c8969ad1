export interface IngestAddress {
  readonly httpPort: number;
  readonly grpcPort: number;
}

export interface Snippet {
  readonly name: string;
  readonly code: (endpoints: Endpoints) => string;
}

/** As the reader's own machine reaches them. */
export interface Endpoints {
  readonly http: string;
  readonly grpc: string;
  readonly host: string;
  readonly grpcPort: number;
}

export function toEndpoints(address: IngestAddress, host: string): Endpoints {
  return {
    http: `http://${host}:${address.httpPort}`,
    grpc: `http://${host}:${address.grpcPort}`,
    host,
    grpcPort: address.grpcPort,
  };
}

export const SNIPPETS: readonly Snippet[] = [
  {
    name: 'Node',
    code: ({ http }) => `# once
npm i @opentelemetry/api @opentelemetry/auto-instrumentations-node

# start your service with
OTEL_SERVICE_NAME=checkout \\
OTEL_EXPORTER_OTLP_ENDPOINT=${http} \\
node --require @opentelemetry/auto-instrumentations-node/register app.js`,
  },
  {
    name: 'Go',
    code: ({ http }) => `// go get go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp
exporter, err := otlptracehttp.New(ctx) // reads the environment
provider := trace.NewTracerProvider(trace.WithBatcher(exporter))

# start your service with
OTEL_SERVICE_NAME=checkout \\
OTEL_EXPORTER_OTLP_ENDPOINT=${http} \\
./checkout`,
  },
  {
    name: 'Java',
    code: ({ http }) => `# opentelemetry-javaagent.jar beside your service
OTEL_SERVICE_NAME=checkout \\
OTEL_EXPORTER_OTLP_ENDPOINT=${http} \\
OTEL_LOGS_EXPORTER=none \\
java -javaagent:opentelemetry-javaagent.jar -jar checkout.jar`,
  },
  {
    name: 'Python',
    code: ({ http }) => `# once
pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http
opentelemetry-bootstrap -a install

# start your service with
OTEL_SERVICE_NAME=checkout \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
OTEL_EXPORTER_OTLP_ENDPOINT=${http} \\
opentelemetry-instrument python app.py`,
  },
  {
    name: '.NET',
    code: ({ http }) => `# dotnet add package OpenTelemetry.Exporter.OpenTelemetryProtocol
builder.Services.AddOpenTelemetry()
  .WithTracing(t => t.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddOtlpExporter());

# start your service with
OTEL_SERVICE_NAME=checkout \\
OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf \\
OTEL_EXPORTER_OTLP_ENDPOINT=${http} \\
dotnet run`,
  },
  {
    name: 'Collector',
    code: ({ http }) => `exporters:
  otlphttp/detour:
    endpoint: ${http}

service:
  pipelines:
    traces:
      exporters: [otlphttp/detour]
    metrics:
      exporters: [otlphttp/detour]`,
  },
  {
    name: 'Envoy',
    code: ({ host, grpcPort }) => `# on the HTTP connection manager
tracing:
  provider:
    name: envoy.tracers.opentelemetry
    typed_config:
      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
      grpc_service: { envoy_grpc: { cluster_name: detour } }
      service_name: checkout

# and a cluster named detour, HTTP/2, to ${host}:${grpcPort}`,
  },
];
