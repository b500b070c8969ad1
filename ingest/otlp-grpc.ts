import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { BytePool } from '#telemetry/byte-pool.ts';
import { acceptExport, type OtlpExports, type OtlpServer } from './accept-export.ts';
import type { ByteBudget, ByteShare } from './byte-budget.ts';
import type { ExportOutcome } from './export-outcome.ts';
import { CancelledError, type Refusal, toRefusal } from './export-refusal.ts';
import {
  FRAME_HEAD_BYTES,
  GRPC_ENCODINGS,
  grpcTimeoutMs,
  readGrpcMessage,
} from './grpc-message.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { GrpcCall } from './otlp-grpc-call.ts';
import { readBody } from './read-body.ts';

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

const MAX_CONNECTIONS = 4096;
/** Per connection; a client queues what is beyond. */
const MAX_CONCURRENT_CALLS = 128;
const MAX_HEADER_BYTES = 16 * 1024;
/**
 * So much may be on its way before anybody says that it was read, for a call and for all calls of a connection: usual
 * messages come without waiting. What comes is read at once and counted, so that this holds no memory.
 */
const CALL_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
/** What an open call takes before its message, about: many connections may open many calls. */
const CALL_BYTES = 16 * 1024;
/** Of messages that were answered, for those that come. */
const KEPT_MESSAGE_BYTES = 16 * 1024 * 1024;
/** What is still unanswered then is sent again by its client. */
const DRAIN_LIMIT_MS = 3000;

/**
 * OTLP/gRPC: three unary methods whose messages stay bytes until `exports` reads them. On Node's HTTP/2 without a gRPC
 * library, whose copies of each message cost as much CPU as decoding its spans.
 */
export async function startOtlpGrpc(options: OtlpGrpcOptions): Promise<OtlpServer> {
  const receiver = new GrpcReceiver(options);
  const server = createServer({
    settings: {
      enablePush: false,
      initialWindowSize: CALL_WINDOW_BYTES,
      maxConcurrentStreams: MAX_CONCURRENT_CALLS,
      maxHeaderListSize: MAX_HEADER_BYTES,
    },
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('session', (session) => receiver.watch(session));
  server.on('stream', (stream, headers) => receiver.receive(stream, headers));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => receiver.drain(server),
  };
}

class GrpcReceiver {
  readonly #options: OtlpGrpcOptions;
  readonly #messages = new BytePool(KEPT_MESSAGE_BYTES);
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(options: OtlpGrpcOptions) {
    this.#options = options;
  }

  watch(session: ServerHttp2Session): void {
    const { counters } = this.#options;
    counters.countConnection(1);
    this.#sessions.add(session);
    session.on('close', () => {
      counters.countConnection(-1);
      this.#sessions.delete(session);
    });
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
  }

  receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const call = new GrpcCall(stream, headers);
    // What breaks a stream ends its reading, and is counted there.
    stream.on('error', () => undefined);
    const refusal = checkHead(call);
    if (refusal !== undefined) {
      this.#refuse(call, refusal);
      return;
    }
    const share = this.#options.budget.open();
    this.#export(call, share)
      .then(
        (outcome) => {
          this.#options.counters.countStored(call.facts(), outcome);
          call.confirm(outcome);
        },
        (error: unknown) => this.#refuse(call, toRefusal(error)),
      )
      .finally(() => {
        share.release();
        // What is stored was copied or decoded: nobody reads the message after its answer.
        if (call.borrowed !== undefined) this.#messages.give(call.borrowed);
      });
  }

  async #export(call: GrpcCall, share: ByteShare): Promise<ExportOutcome> {
    const { exports, counters, maxMessageBytes } = this.#options;
    const { signal, encoding } = call;
    if (signal === undefined || encoding === undefined) throw new Error('unchecked call');
    share.add(CALL_BYTES);
    const sent = await this.#read(call, share);
    call.messageBytes = Math.max(0, sent.length - FRAME_HEAD_BYTES);
    const bytes = await readGrpcMessage(sent, encoding, maxMessageBytes, share);
    const body = { signal, encoding: 'protobuf', bytes, share } as const;
    return await acceptExport(body, exports, counters, maxMessageBytes);
  }

  /** All that the client sends, in the time that it has. */
  async #read(call: GrpcCall, share: ByteShare): Promise<Buffer> {
    const { requestTimeoutMs, maxMessageBytes } = this.#options;
    const limits = {
      bytes: maxMessageBytes + FRAME_HEAD_BYTES,
      ms: Math.min(requestTimeoutMs, grpcTimeoutMs(call.timeout)),
    };
    const sent = await readBody(call.stream, limits, share, (bytes) => {
      call.borrowed = this.#messages.take(bytes);
      return call.borrowed;
    });
    // Node ends a stream that its client resets.
    if (call.stream.aborted) throw new CancelledError('the client cancelled its call');
    return sent;
  }

  #refuse(call: GrpcCall, refusal: Refusal): void {
    this.#options.counters.countRefused(call.facts(), refusal);
    call.refuse(refusal);
  }

  /** GOAWAY on each connection: calls that were opened before are answered, clients open others elsewhere. */
  async drain(server: Http2Server): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    for (const session of this.#sessions) session.close();
    const cut = setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
    }, DRAIN_LIMIT_MS);
    await closed;
    clearTimeout(cut);
  }
}

/** What can be refused by the head alone. */
function checkHead(call: GrpcCall): Refusal | undefined {
  if (!call.isGrpc) return { reason: 'wrong-media-type', message: 'send application/grpc' };
  if (!call.isPost) return { reason: 'wrong-method', message: 'gRPC is sent by POST' };
  if (call.signal === undefined) {
    return {
      reason: 'wrong-path',
      message: 'OTLP has the method Export of TraceService, MetricsService and LogsService alone',
    };
  }
  if (call.encoding !== undefined) return undefined;
  return {
    reason: 'wrong-media-type',
    message: `grpc-encoding must be one of ${GRPC_ENCODINGS.join(', ')}`,
  };
}
