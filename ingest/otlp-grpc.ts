import { once } from 'node:events';
import { createServer } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { BytePool } from '#telemetry/byte-pool.ts';
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
/** Of messages that were answered, for those that come. */
const KEPT_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Smaller ones are not worth a copy, and a buffer of the pool is longer than that. */
const MIN_KEPT_BYTES = 64 * 1024;
/** What is still unanswered then is sent again by its client. */
const DRAIN_LIMIT_MS = 3000;

/** OTLP/gRPC: three unary methods whose messages stay bytes until `exports` reads them. */
export async function startOtlpGrpc(options: OtlpGrpcOptions): Promise<OtlpServer> {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
    interceptors: [guardCalls(options)],
  });
  const messages = new BytePool(KEPT_MESSAGE_BYTES);
  for (const signal of OTLP_SIGNALS) register(server, signal, options, messages);
  const port = await bind(server, options.host, options.port);
  return { port, stop: () => drain(server) };
}

/** A message and, where it was copied into one that is used again, the buffer that must be given back. */
interface KeptMessage {
  readonly bytes: Buffer;
  readonly borrowed: Buffer | undefined;
}

/**
 * grpc-js makes a new buffer for each message. Held until the answer it outlives young garbage, and V8 marks its whole
 * heap each time that 64 MB more of them are held: copied, it can be collected at once.
 */
function keep(message: Buffer, messages: BytePool): KeptMessage {
  if (message.length < MIN_KEPT_BYTES) return { bytes: message, borrowed: undefined };
  const borrowed = messages.take(message.length);
  message.copy(borrowed);
  return { bytes: borrowed.subarray(0, message.length), borrowed };
}

function register(
  server: Server,
  signal: OtlpSignal,
  options: OtlpGrpcOptions,
  messages: BytePool,
): void {
  server.register(
    SIGNAL_NAMES[signal].method,
    ({ request }: { readonly request: KeptMessage }, answer: sendUnaryData<Buffer>) => {
      const facts = { signal, transport: 'grpc', bytes: request.bytes.length } as const;
      exportMessage(signal, request.bytes, options)
        .finally(() => {
          // What is stored was copied or decoded: nobody reads the message any more.
          if (request.borrowed !== undefined) messages.give(request.borrowed);
        })
        .then(
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
    (answer: Buffer) => answer,
    (message: Buffer) => keep(message, messages),
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
