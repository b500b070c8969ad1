import type { OtlpExports, OtlpServer } from './accept-export.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { startOtlpGrpc } from './otlp-grpc.ts';
import { startOtlpHttp } from './otlp-http.ts';

export interface ReceiverSettings {
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Of one OTLP/HTTP body, before and after decompression. The specification recommends 20 MiB. */
  readonly maxHttpBytes: number;
  /** Of one OTLP/gRPC message after decompression; 4 MiB is what gRPC servers usually take. */
  readonly maxGrpcBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

interface ReceiverOptions extends ReceiverSettings {
  readonly exports: OtlpExports;
  readonly budget: ByteBudget;
  readonly counters: IngestCounters;
}

export interface Receivers {
  readonly http: OtlpServer;
  readonly grpc: OtlpServer;
  readonly stop: () => Promise<void>;
}

/** Both transports around the same exports, budget and counters; when the second cannot start, the first is stopped. */
export async function startReceivers(options: ReceiverOptions): Promise<Receivers> {
  const http = await startOtlpHttp({
    ...options,
    port: options.httpPort,
    maxBodyBytes: options.maxHttpBytes,
  });
  try {
    const grpc = await startOtlpGrpc({
      ...options,
      port: options.grpcPort,
      maxMessageBytes: options.maxGrpcBytes,
    });
    const stop = async (): Promise<void> => {
      await Promise.all([http.stop(), grpc.stop()]);
    };
    return { http, grpc, stop };
  } catch (error) {
    await http.stop();
    throw error;
  }
}
