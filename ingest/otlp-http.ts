import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BytePool } from '#telemetry/byte-pool.ts';
import { acceptExport, type OtlpExports, type OtlpServer } from './accept-export.ts';
import type { ByteBudget, ByteShare } from './byte-budget.ts';
import { BadDataError, type ExportOutcome } from './export-outcome.ts';
import {
  DRAINING,
  OverloadedError,
  type Refusal,
  TooLargeError,
  toRefusal,
} from './export-refusal.ts';
import { inflateBody } from './inflate-body.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { Exchange } from './otlp-http-exchange.ts';
import { discardBody, readBody } from './read-body.ts';

export interface OtlpHttpOptions {
  readonly host: string;
  readonly port: number;
  readonly exports: OtlpExports;
  readonly budget: ByteBudget;
  readonly counters: IngestCounters;
  /** Of one body, before and after decompression. The specification recommends 20 MiB. */
  readonly maxBodyBytes: number;
  /** How long a client may take for its headers, and for the whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** Exporters send every few seconds; closing sooner would make each of them connect anew. */
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 4096;
const MAX_HEADER_BYTES = 16 * 1024;
/** A client that sends more slowly than this at the end keeps its data, and sends them again. */
const DRAIN_LIMIT_MS = 3000;
/** Of bodies that were answered, for those that come. */
const KEPT_BODY_BYTES = 16 * 1024 * 1024;
/** Of a refused body, so many times the limit are read and thrown away before the connection is cut. */
const DISCARD_LIMITS = 2;

/** OTLP/HTTP: framing, limits and status codes; what a body holds is for `exports`. */
export async function startOtlpHttp(options: OtlpHttpOptions): Promise<OtlpServer> {
  const receiver = new HttpReceiver(options);
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: Math.max(100, options.headersTimeoutMs / 4),
      noDelay: true,
    },
    (request, response) => receiver.receive(request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => receiver.watch(socket));
  server.on('clientError', (error, socket) => receiver.refuseBroken(error, socket as Socket));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => receiver.drain(server),
  };
}

class HttpReceiver {
  readonly #options: OtlpHttpOptions;
  readonly #bodies = new BytePool(KEPT_BODY_BYTES);
  #isDraining = false;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: OtlpHttpOptions) {
    this.#options = options;
  }

  watch(socket: Socket): void {
    this.#options.counters.countConnection(1);
    socket.on('close', () => this.#options.counters.countConnection(-1));
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    const exchange = new Exchange(request, response);
    const refusal = this.#check(exchange);
    if (refusal !== undefined) {
      this.#refuse(exchange, refusal);
      return;
    }
    this.#inFlight++;
    const share = this.#options.budget.open();
    this.#export(exchange, share)
      .then(
        (outcome) => this.#confirm(exchange, outcome),
        (error: unknown) => this.#fail(exchange, error),
      )
      .finally(() => {
        share.release();
        // What is stored was copied or decoded: nobody reads the body after its answer.
        if (exchange.borrowed !== undefined) this.#bodies.give(exchange.borrowed);
        this.#inFlight--;
        if (this.#inFlight === 0) this.#onIdle?.();
      });
  }

  /** What can be refused by the head alone. */
  #check(exchange: Exchange): Refusal | undefined {
    const { maxBodyBytes, budget } = this.#options;
    const { request, signal, encoding } = exchange;
    if (signal === undefined) {
      return {
        reason: 'wrong-path',
        message: 'OTLP is received at /v1/traces, /v1/metrics, /v1/logs',
      };
    }
    if (request.method !== 'POST') {
      return { reason: 'wrong-method', message: 'OTLP is sent by POST' };
    }
    if (encoding === undefined) {
      return {
        reason: 'wrong-media-type',
        message: 'send application/x-protobuf or application/json',
      };
    }
    if (this.#isDraining) return DRAINING;
    if (exchange.contentEncoding === undefined) {
      return toRefusal(new BadDataError('Content-Encoding must be gzip or absent'));
    }
    const announcedBytes = Number(request.headers['content-length'] ?? 0);
    if (announcedBytes > maxBodyBytes) return toRefusal(new TooLargeError(maxBodyBytes));
    if (!budget.hasRoomFor(announcedBytes)) return toRefusal(new OverloadedError());
    return undefined;
  }

  async #export(exchange: Exchange, share: ByteShare): Promise<ExportOutcome> {
    const { exports, counters, maxBodyBytes } = this.#options;
    const { signal, encoding } = exchange;
    if (signal === undefined || encoding === undefined) throw new Error('unchecked request');
    const sent = await readBody(exchange.request, { bytes: maxBodyBytes }, share, (bytes) => {
      exchange.borrowed = this.#bodies.take(bytes);
      return exchange.borrowed;
    });
    exchange.bodyBytes = sent.length;
    const isGzip = exchange.contentEncoding === 'gzip';
    const bytes = isGzip ? await inflateBody(sent, 'gzip', maxBodyBytes, share) : sent;
    if (isGzip) share.free(sent.length);
    return acceptExport({ signal, encoding, bytes, share }, exports, counters, maxBodyBytes);
  }

  #confirm(exchange: Exchange, outcome: ExportOutcome): void {
    this.#options.counters.countStored(exchange.facts(), outcome);
    exchange.confirm(outcome, this.#isDraining);
  }

  #fail(exchange: Exchange, error: unknown): void {
    const refusal = toRefusal(error);
    if (refusal.reason === 'cancelled') {
      this.#options.counters.countRefused(exchange.facts(), refusal);
    } else this.#refuse(exchange, refusal);
  }

  #refuse(exchange: Exchange, refusal: Refusal): void {
    this.#options.counters.countRefused(exchange.facts(), refusal);
    exchange.refuse(refusal, this.#isDraining);
    discardBody(exchange.request, this.#options.maxBodyBytes * DISCARD_LIMITS);
  }

  /** What is no HTTP, or comes too slowly (Slowloris): Node's own answers, counted. */
  refuseBroken(error: Error, socket: Socket): void {
    const code = 'code' in error ? error.code : undefined;
    const isSlow = code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const isLong = code === 'HPE_HEADER_OVERFLOW';
    this.#options.counters.countRefused(
      { signal: undefined, transport: 'http', bytes: 0 },
      { reason: isSlow ? 'too-slow' : 'malformed', message: error.message },
    );
    const status = isSlow
      ? '408 Request Timeout'
      : isLong
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  async drain(server: Server): Promise<void> {
    this.#isDraining = true;
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_LIMIT_MS);
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, DRAIN_LIMIT_MS).unref();
      });
    }
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await closed;
    clearTimeout(cut);
  }
}
