import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { core } from '@opentelemetry/sdk-node';

const HEADERS = { 'Content-Type': 'application/x-protobuf' };

/**
 * The SDK's own OTLP/HTTP exporter with its retries, time limits and settings of the environment, for requests that are
 * encoded already.
 */
export class EncodedTraceExporter extends OTLPExporterBase<Uint8Array> {
  constructor(url: string) {
    super(
      createOtlpHttpExportDelegate(
        convertLegacyHttpOptions({ url }, 'TRACES', 'v1/traces', HEADERS),
        {
          serializeRequest: (request: Uint8Array) => request,
          deserializeResponse: ProtobufTraceSerializer.deserializeResponse,
        },
        'otlp_http_span_exporter',
        { name: 'span', countItems: () => 0 },
        undefined,
      ),
    );
  }

  /** Resolves when the receiver has answered, or nobody will; what failed is told to the SDK's error handler. */
  send(request: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.export(request, ({ code, error }) => {
        if (code !== core.ExportResultCode.SUCCESS) {
          core.globalErrorHandler(error ?? new Error('the spans could not be exported'));
        }
        resolve();
      });
    });
  }
}
