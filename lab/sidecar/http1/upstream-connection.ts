import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../endpoint.ts';
import { BodyReader, type Framing, framingOfResponse } from './body-framing.ts';
import {
  fieldOf,
  HEAD_LIMIT_BYTES,
  MessageError,
  parseResponseHead,
  type ResponseHead,
} from './message-head.ts';

/** Where a response goes. */
export interface ResponseSink {
  /**
   * `body` is what came with the head of it, as latin1 text when that is all of it and small; `isWhole` = there is no more.
   * False = send no more until `resume`.
   */
  readonly begin: (
    head: ResponseHead,
    framing: Framing,
    body: Buffer | string | undefined,
    isWhole: boolean,
  ) => boolean;
  /** `bytes` are the sink's to keep. */
  readonly write: (bytes: Buffer) => boolean;
  readonly end: () => void;
  readonly fail: (error: Error, wasSent: boolean) => void;
  /** The time for the answer is over. */
  readonly late: () => void;
}

const HEAD_END = '\r\n\r\n';
const END_OF_HEAD = Buffer.from(HEAD_END);
const SMALL_BYTES = 4096;
/**
 * What comes from any endpoint is read into here, and taken out before the next read: so each answer needs no buffer of
 * its own, which would be 64 KiB at first.
 */
const RECEIVED = Buffer.allocUnsafeSlow(64 * 1024);
const CLOSE = /(^|,)\s*close\s*(,|$)/i;
const KEEP_ALIVE = /(^|,)\s*keep-alive\s*(,|$)/i;

function staysOpen(head: ResponseHead): boolean {
  const options = fieldOf(head, 'connection');
  if (options === undefined) return head.minorVersion === 1;
  return head.minorVersion === 1 ? !CLOSE.test(options) : KEEP_ALIVE.test(options);
}

/** A connection to an endpoint: one request at a time, kept for the next when both sides allow. */
export class UpstreamConnection {
  readonly #socket: Socket;
  readonly #onFree: (connection: UpstreamConnection) => void;
  readonly #onLost: (connection: UpstreamConnection) => void;
  readonly endpoint: Pick<Endpoint, 'address' | 'port'>;
  #sink: ResponseSink | undefined;
  #method = '';
  #kept: Buffer | undefined;
  #reader: BodyReader | undefined;
  #isReusable = true;
  #isRequestSent = true;
  #wasConnected = false;
  /** One for all requests: it looks whether the request of that time is overdue, and else comes again. */
  #timer: NodeJS.Timeout | undefined;
  /** On the monotonic clock. */
  #timerAtMs = 0;
  #deadlineMs = 0;
  /** Called when the endpoint has taken what was written. */
  onDrain: (() => void) | undefined;
  /** The sweep in which it became idle. */
  idleSince = 0;

  constructor(
    endpoint: Pick<Endpoint, 'address' | 'port'>,
    onFree: (connection: UpstreamConnection) => void,
    onLost: (connection: UpstreamConnection) => void,
  ) {
    this.endpoint = endpoint;
    this.#onFree = onFree;
    this.#onLost = onLost;
    this.#socket = connect({
      host: endpoint.address,
      port: endpoint.port,
      noDelay: true,
      onread: { buffer: RECEIVED, callback: this.#onBytes },
    });
    this.#socket.once('connect', () => {
      this.#wasConnected = true;
    });
    this.#socket.on('drain', () => this.onDrain?.());
    this.#socket.on('error', (error) => this.#lose(error));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('close', () => this.#lose(new Error('the connection was closed')));
  }

  /** `head` with its empty line. A body that is streamed follows with `write` and `endBody`. */
  send(
    head: string,
    body: Buffer | 'streamed' | undefined,
    method: string,
    sink: ResponseSink,
    timeoutMs: number,
  ): void {
    this.#sink = sink;
    this.#method = method;
    this.#startTimer(timeoutMs);
    this.#isRequestSent = body !== 'streamed';
    const isSmall = body === undefined || body === 'streamed';
    this.#socket.write(isSmall ? head : head + body.toString('latin1'), 'latin1');
  }

  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  endBody(): void {
    this.#isRequestSent = true;
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it, and with it the request under way; the sink hears no more. */
  destroy(): void {
    this.#sink = undefined;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  readonly #onBytes = (count: number): boolean => {
    this.#take(RECEIVED.subarray(0, count));
    return true;
  };

  #take(chunk: Buffer): void {
    try {
      if (this.#reader) return void this.#takeBody(chunk, 0);
      // Bytes that nobody asked for: whose answer the next one would be, nobody knows.
      if (!this.#sink) return void this.destroy();
      const bytes = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk;
      this.#kept = undefined;
      this.#takeHead(bytes);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#lose(error);
    }
  }

  #takeHead(bytes: Buffer): void {
    if (bytes.length <= SMALL_BYTES && this.#takeWhole(bytes)) return;
    const end = bytes.indexOf(END_OF_HEAD);
    if ((end < 0 ? bytes.length : end) > HEAD_LIMIT_BYTES) {
      throw new MessageError(
        502,
        `the head of the answer is larger than ${HEAD_LIMIT_BYTES} bytes`,
      );
    }
    if (end < 0) {
      this.#kept = Buffer.from(bytes);
      return;
    }
    const head = parseResponseHead(bytes.toString('latin1', 0, end));
    const bodyStart = end + END_OF_HEAD.length;
    // 100 to 199 come before the response proper (RFC 9110 §15.2); to change protocols nobody asked.
    if (head.statusCode === 101)
      throw new MessageError(502, 'the answer changes protocols unasked');
    if (head.statusCode < 200) {
      if (bodyStart < bytes.length) this.#takeHead(bytes.subarray(bodyStart));
      return;
    }
    const framing = framingOfResponse(head, head.statusCode, this.#method);
    this.#isReusable = framing.kind !== 'until-close' && staysOpen(head);
    this.#begin(head, framing, bytes, bodyStart);
  }

  /** A small answer that came in one piece, as most do: read as one text. False = it is none, and nothing was done. */
  #takeWhole(bytes: Buffer): boolean {
    const text = bytes.toString('latin1');
    const end = text.indexOf(HEAD_END);
    if (end < 0) return false;
    const head = parseResponseHead(text.slice(0, end));
    if (head.statusCode < 200) return false;
    const framing = framingOfResponse(head, head.statusCode, this.#method);
    const bodyBytes = framing.kind === 'length' ? framing.bytes : 0;
    const answerBytes = end + HEAD_END.length + bodyBytes;
    if ((framing.kind !== 'length' && framing.kind !== 'none') || answerBytes > text.length) {
      return false;
    }
    this.#isReusable = staysOpen(head);
    const body = bodyBytes > 0 ? text.slice(end + HEAD_END.length, answerBytes) : undefined;
    this.#sink?.begin(head, framing, body, true);
    this.#done(answerBytes === text.length);
    return true;
  }

  #begin(head: ResponseHead, framing: Framing, bytes: Buffer, bodyStart: number): void {
    const reader = new BodyReader(framing);
    this.#reader = reader;
    const taken = reader.take(bytes, bodyStart);
    const body = taken > 0 ? Buffer.from(bytes.subarray(bodyStart, bodyStart + taken)) : undefined;
    const isOpen = this.#sink?.begin(head, framing, body, reader.isDone) ?? true;
    if (reader.isDone) this.#done(bodyStart + taken === bytes.length);
    else if (!isOpen) this.#socket.pause();
  }

  #takeBody(chunk: Buffer, start: number): void {
    const reader = this.#reader;
    if (!reader) return;
    const taken = reader.take(chunk, start);
    const isOpen = this.#sink?.write(Buffer.from(chunk.subarray(start, start + taken))) ?? true;
    if (reader.isDone) this.#done(taken === chunk.length);
    else if (!isOpen) this.#socket.pause();
  }

  #done(isClean: boolean): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#reader = undefined;
    this.onDrain = undefined;
    if (isClean && this.#isReusable && this.#isRequestSent && !this.#socket.destroyed) {
      this.#socket.resume();
      this.#onFree(this);
    } else {
      this.#socket.destroy();
    }
    sink?.end();
  }

  #startTimer(timeoutMs: number): void {
    this.#deadlineMs = performance.now() + timeoutMs;
    if (!this.#timer || this.#deadlineMs < this.#timerAtMs) this.#setTimer(timeoutMs);
  }

  #setTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timerAtMs = performance.now() + delayMs;
    this.#timer = setTimeout(this.#onTime, delayMs);
    this.#timer.unref();
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    if (!this.#sink) return;
    const leftMs = this.#deadlineMs - performance.now();
    if (leftMs > 0) this.#setTimer(leftMs);
    else this.#sink.late();
  };

  #ended(): void {
    if (this.#reader?.endedWithConnection() === true) this.#done(false);
    else this.#lose(new Error('the connection was closed before the answer was complete'));
  }

  #lose(error: Error): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#reader = undefined;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#onLost(this);
    sink?.fail(error, this.#wasConnected);
  }
}
