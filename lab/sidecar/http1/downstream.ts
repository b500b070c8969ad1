import { createServer, type Server, type Socket } from 'node:net';
import { BodyReader, type Framing, framingOfRequest } from './body-framing.ts';
import { type CallerConnection, Exchange } from './exchange.ts';
import { HEAD_LIMIT_BYTES, MessageError, parseRequestHead } from './message-head.ts';

export type HandleExchange = (exchange: Exchange) => void;
/** Takes a connection over that turned out to be HTTP/2; `bytes` is what was read of it. */
export type TakeHttp2 = (socket: Socket, bytes: Buffer) => void;

const END_OF_HEAD = Buffer.from('\r\n\r\n');
/** How an HTTP/2 connection begins (RFC 9113 §3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const CR = 13;
const SWEEP_MS = 5000;
/** A head must be complete within this many sweeps, and a connection may be silent between requests for that many. */
const HEAD_SWEEPS = 3;
const IDLE_SWEEPS = 15;
const CONNECTION_LIMIT = 10_000;
/** Accepted requests get this long to end when the proxy stops. */
const DRAIN_LIMIT_MS = 3000;
const LINGER_MS = 1000;

/** A port that speaks HTTP/1.1 on raw sockets, and hands on connections that begin as HTTP/2. */
export class DownstreamServer {
  readonly #server: Server;
  readonly #connections = new Set<DownstreamConnection>();
  readonly #sweeper: NodeJS.Timeout;
  /** Counts sweeps: the clock of idle connections, which needs no system call. */
  sweeps = 0;
  isDraining = false;

  constructor(handle: HandleExchange, takeHttp2: TakeHttp2) {
    // A caller may close its side after the request and still wants the answer.
    const options = { allowHalfOpen: true, noDelay: true };
    this.#server = createServer(options, (socket) => {
      const connection: DownstreamConnection = new DownstreamConnection(
        socket,
        this,
        handle,
        (bytes) => {
          this.#connections.delete(connection);
          takeHttp2(socket, bytes);
        },
      );
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    this.#server.maxConnections = CONNECTION_LIMIT;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** For binding its port. */
  get socket(): Server {
    return this.#server;
  }

  /** Takes no more connections, answers what was accepted, and resolves when the last connection is closed. */
  drain(): Promise<void> {
    this.isDraining = true;
    clearInterval(this.#sweeper);
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        for (const connection of this.#connections) connection.destroy();
      }, DRAIN_LIMIT_MS);
      this.#server.close(() => {
        clearTimeout(limit);
        resolve();
      });
      for (const connection of this.#connections) connection.closeIfIdle();
    });
  }

  #sweep(): void {
    this.sweeps += 1;
    for (const connection of this.#connections) {
      connection.closeIfLate(HEAD_SWEEPS, IDLE_SWEEPS);
    }
  }
}

const NO_BODY = new BodyReader({ kind: 'none' });

/** Where there is no body there is nothing to keep count of. */
function readerOf(framing: Framing): BodyReader {
  return framing.kind === 'none' ? NO_BODY : new BodyReader(framing);
}

/**
 * One caller's connection. Requests are answered one after the other, in their order: while one is under way, what was
 * read beyond it waits, and no more is read.
 */
class DownstreamConnection implements CallerConnection {
  readonly #socket: Socket;
  readonly #server: DownstreamServer;
  readonly #handle: HandleExchange;
  readonly #giveAway: (bytes: Buffer) => void;
  #kept: Buffer | undefined;
  #exchange: Exchange | undefined;
  #isFirst = true;
  #isHalfClosed = false;
  #isClosing = false;
  /** The sweep in which the wait for a request, or for the rest of its head, began. */
  #waitingSince: number;

  constructor(
    socket: Socket,
    server: DownstreamServer,
    handle: HandleExchange,
    giveAway: (bytes: Buffer) => void,
  ) {
    this.#socket = socket;
    this.#server = server;
    this.#handle = handle;
    this.#giveAway = giveAway;
    this.#waitingSince = server.sweeps;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get mustClose(): boolean {
    return this.#server.isDraining || this.#isHalfClosed;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Reads on, for a body that somebody takes now. */
  readBody(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) this.#giveBody(kept);
    this.#socket.resume();
  }

  /** The answer is written; `isClean` = the whole request was read and the connection may serve the next. */
  finished(isClean: boolean): void {
    this.#exchange = undefined;
    if (!isClean) return void this.#close();
    this.#waitingSince = this.#server.sweeps;
    this.#socket.resume();
    if (this.#kept) process.nextTick(this.#onTurn);
    else if (this.#isHalfClosed) this.#close();
  }

  closeIfIdle(): void {
    if (!this.#exchange) this.#close();
  }

  closeIfLate(headSweeps: number, idleSweeps: number): void {
    if (this.#exchange) return;
    const waited = this.#server.sweeps - this.#waitingSince;
    if (this.#kept && waited >= headSweeps)
      this.#refuse(new MessageError(408, 'no whole head came'));
    else if (waited >= idleSweeps) this.#close();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosing) return;
    if (this.#exchange?.wantsBody) return void this.#giveBody(chunk);
    const before = this.#kept;
    this.#kept = before ? Buffer.concat([before, chunk]) : chunk;
    if (this.#exchange) {
      this.#socket.pause();
      return;
    }
    if (!before) this.#waitingSince = this.#server.sweeps;
    this.#next();
  };

  readonly #onEnd = (): void => {
    this.#isHalfClosed = true;
    if (!this.#exchange) return void this.#close();
    // Half a body will never be a whole one.
    if (!this.#exchange.isBodyRead && !this.#kept) this.destroy();
  };

  readonly #onDrain = (): void => this.#exchange?.drained();

  readonly #onError = (): void => this.destroy();

  readonly #onClose = (): void => {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.callerGone();
  };

  readonly #onTurn = (): void => {
    if (this.#exchange || this.#isClosing || this.#socket.destroyed) return;
    this.#next();
    if (!this.#exchange && this.#isHalfClosed) this.#close();
  };

  #giveBody(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    try {
      const taken = exchange.takeBody(chunk);
      if (taken < chunk.length) {
        this.#kept = chunk.subarray(taken);
        this.#socket.pause();
      } else if (exchange.isFull) {
        this.#socket.pause();
      }
    } catch (error) {
      // The rest of the connection cannot be told apart any more.
      if (!(error instanceof MessageError)) throw error;
      exchange.bodyFailed(error);
    }
  }

  /** Begins the next request when its head is there. */
  #next(): void {
    try {
      if (this.#isFirst && this.#isHttp2()) return;
      const bytes = this.#kept;
      if (!bytes) return;
      // An empty line before a request is left over from a careless client (RFC 9112 §2.2).
      const start = bytes[0] === CR && bytes.length > 2 ? 2 : 0;
      const end = bytes.indexOf(END_OF_HEAD, start);
      if ((end < 0 ? bytes.length : end) - start > HEAD_LIMIT_BYTES) {
        throw new MessageError(431, `the head is larger than ${HEAD_LIMIT_BYTES} bytes`);
      }
      if (end >= 0) this.#begin(bytes, start, end);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#refuse(error);
    }
  }

  #begin(bytes: Buffer, start: number, end: number): void {
    const head = parseRequestHead(bytes.toString('latin1', start, end));
    const framing = framingOfRequest(head);
    const bodyStart = end + END_OF_HEAD.length;
    this.#kept = bodyStart < bytes.length ? bytes.subarray(bodyStart) : undefined;
    const exchange = new Exchange(this, head, framing, readerOf(framing));
    this.#exchange = exchange;
    this.#isFirst = false;
    this.#handle(exchange);
  }

  /** True while the connection may still turn out to be HTTP/2, and when it is. */
  #isHttp2(): boolean {
    const bytes = this.#kept;
    if (!bytes || bytes[0] !== PREFACE[0]) return false;
    const compared = Math.min(bytes.length, PREFACE.length);
    if (bytes.compare(PREFACE, 0, compared, 0, compared) !== 0) return false;
    // The rest of it is on its way.
    if (bytes.length < PREFACE.length) return true;
    this.#leave();
    this.#giveAway(bytes);
    return true;
  }

  #leave(): void {
    this.#isClosing = true;
    this.#kept = undefined;
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    socket.pause();
  }

  #refuse(error: MessageError): void {
    const body = `${JSON.stringify({ error: 'bad_request', message: error.message })}\n`;
    this.#socket.write(
      `HTTP/1.1 ${error.statusCode} Refused\r\ncontent-type: application/json\r\nx-detour-error: bad_request\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
    this.#close();
  }

  /** Reads on for a moment, so that a caller that is still sending gets the answer and not a reset (RFC 9112 §9.6). */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#kept = undefined;
    this.#socket.end();
    this.#socket.resume();
    if (this.#isHalfClosed) return;
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }
}
