import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import {
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { ByteBudget } from '#ingest/byte-budget.ts';
import { exportLogs } from '#ingest/export-logs.ts';
import type { ExportBody, ExportOutcome } from '#ingest/export-outcome.ts';
import { IngestCounters } from '#ingest/ingest-counters.ts';
import { type OtlpSignal, SIGNAL_NAMES } from '#ingest/otlp-signal.ts';
import { type Receivers, startReceivers } from '#ingest/start-receivers.ts';
import { unixSecond } from '#telemetry/time.ts';

const MIB = 1024 * 1024;

export interface ReceiverSettings {
  readonly exportTraces: ExportBody;
  readonly exportMetrics?: ExportBody;
  readonly budgetBytes?: number;
  readonly maxBodyBytes?: number;
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

export interface TestReceiver extends Receivers {
  readonly budget: ByteBudget;
  readonly counters: IngestCounters;
}

/** Both receivers on free ports, around the given exports. */
export async function startTestReceiver(settings: ReceiverSettings): Promise<TestReceiver> {
  const budget = new ByteBudget(settings.budgetBytes ?? 64 * MIB);
  const counters = new IngestCounters(budget, () => unixSecond(Math.floor(Date.now() / 1000)));
  const requestTimeoutMs = settings.requestTimeoutMs ?? 20_000;
  const receivers = await startReceivers({
    host: '127.0.0.1',
    httpPort: 0,
    grpcPort: 0,
    exports: {
      traces: settings.exportTraces,
      metrics: settings.exportMetrics ?? settings.exportTraces,
      logs: exportLogs,
    },
    budget,
    counters,
    maxHttpBytes: settings.maxBodyBytes ?? 20 * MIB,
    maxGrpcBytes: 4 * MIB,
    headersTimeoutMs: Math.min(settings.headersTimeoutMs ?? 10_000, requestTimeoutMs),
    requestTimeoutMs,
  });
  return { ...receivers, budget, counters };
}

/** An ExportBody that keeps what it was given. */
export function capture(outcome: ExportOutcome = { rejected: 0, errorMessage: '' }) {
  const bodies: Buffer[] = [];
  const exportBody: ExportBody = async (body) => {
    bodies.push(Buffer.from(body));
    return outcome;
  };
  return { bodies, exportBody };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpQuestion {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** One request on a connection of its own. fetch would add headers and undo gzip. */
export function ask(port: number, question: HttpQuestion): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: question.path ?? '/v1/traces',
        method: question.method ?? 'POST',
        headers: { ...question.headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(question.body);
  });
}

export const PROTOBUF = { 'content-type': 'application/x-protobuf' } as const;
export const JSON_TYPE = { 'content-type': 'application/json' } as const;
export const GZIP = { 'content-encoding': 'gzip' } as const;

export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  readonly body?: Buffer | undefined;
  /** grpc-status-details-bin */
  readonly status?: Buffer | undefined;
}

/** One unary call with bytes as they are. */
export async function call(
  port: number,
  signal: OtlpSignal,
  body: Uint8Array,
  options: ClientOptions = {},
): Promise<GrpcAnswer> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    // Each call shall see what the server says, not what a retry turns it into.
    'grpc.enable_retries': 0,
    ...options,
  });
  try {
    return await callOn(client, signal, body);
  } finally {
    client.close();
  }
}

export function callOn(client: Client, signal: OtlpSignal, body: Uint8Array): Promise<GrpcAnswer> {
  const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      SIGNAL_NAMES[signal].method,
      asIs,
      asIs,
      body,
      new Metadata(),
      (error: ServiceError | null, answer?: Buffer) => {
        const [status] = error?.metadata?.get('grpc-status-details-bin') ?? [];
        resolve({
          code: error?.code ?? 0,
          details: error?.details ?? '',
          body: answer,
          status: Buffer.isBuffer(status) ? status : undefined,
        });
      },
    );
  });
}
