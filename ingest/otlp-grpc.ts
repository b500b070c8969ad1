import { once } from 'node:events';
import { createServer } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { acceptExport, type OtlpExports, type OtlpServer } from './accept-export.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ExportOutcome } from './export-outcome.ts';
import { toRefusal } from './export-refusal.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { guardCalls } from './otlp-grpc-guard.ts';
import { toGrpcStatus } from './otlp-grpc-status.ts';
import { OTLP_SIGNALS, type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';
import { encodeExportResponse } from './otlp-status.ts';

export interface OtlpGrpcOptions {
  readonly host: string;
  readonly port: number;
  readonly exports: OtlpExports;
  readonly budget: ByteBudget;
  readonly counters: IngestCounters;
  /** Of one message after decompression; 4 MiB is what gRPC servers usually take. */
  readonly maxMessageBytes: number;
  /** How long a client may take from opening a call to the end of its message. */
  readonly requestTimeoutMs: number;
}

/** Per connection; a client queues what is beyond. */
const MAX_CONCURRENT_CALLS = 128;
/** What is still unanswered then is sent again by its client. */
const DRAIN_LIMIT_MS = 3000;

/** OTLP/gRPC: three unary methods whose messages stay bytes until `exports` reads them. */
export async function startOtlpGrpc(options: OtlpGrpcOptions): Promise<OtlpServer> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
    interceptors: [guardCalls(options)],
  });
  for (const signal of OTLP_SIGNALS) register(server, signal, options);
  const port = await bind(server, options.host, options.port);
  return { port, stop: () => drain(server) };
}

function register(server: Server, signal: OtlpSignal, options: OtlpGrpcOptions): void {
  const asIs = (bytes: Buffer): Buffer => bytes;
  server.register(
    SIGNAL_NAMES[signal].method,
    (call: { readonly request: Buffer }, answer: sendUnaryData<Buffer>) => {
      const facts = { signal, transport: 'grpc', bytes: call.request.length } as const;
      exportMessage(signal, call.request, options).then(
        (outcome) => {
          options.counters.countStored(facts, outcome);
          answer(null, encodeExportResponse(outcome));
        },
        // Nothing may be thrown into grpc-js: it would say UNKNOWN, and clients drop their data on that.
        (error: unknown) => {
          const refusal = toRefusal(error);
          options.counters.countRefused(facts, refusal);
          answer(toGrpcStatus(refusal));
        },
      );
    },
    asIs,
    asIs,
    'unary',
  );
}

async function exportMessage(
  signal: OtlpSignal,
  bytes: Buffer,
  options: OtlpGrpcOptions,
): Promise<ExportOutcome> {
  const share = options.budget.open();
  try {
    share.add(bytes.length);
    const body = { signal, encoding: 'protobuf', bytes, share } as const;
    return await acceptExport(body, options.exports, options.counters, options.maxMessageBytes);
  } finally {
    share.release();
  }
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  if (port !== 0) await checkPort(host, port);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}

/** Throws Node's own EADDRINUSE, with port and address; grpc-js would log and hide it in the text of another error. */
async function checkPort(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

async function drain(server: Server): Promise<void> {
  const cut = setTimeout(() => server.forceShutdown(), DRAIN_LIMIT_MS);
  await new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  clearTimeout(cut);
}
