import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AttemptResult } from '../forward.ts';
import { forwardedHeaders, grpcStatusOf } from './stream-fields.ts';

/** How long a stream may take. */
export interface StreamLimits {
  /** For the connection to be there. */
  readonly connectMs: number;
  /** From then until the answer begins; undefined = as long as it takes. */
  readonly answerMs: number | undefined;
  /** When the whole call is over, as its caller said. */
  readonly deadline: Deadline | undefined;
}

export interface Deadline {
  /** On the monotonic clock. */
  readonly atMs: number;
  /**
   * The caller's clock began earlier, by the way that the call came, so that the caller hangs up before this proxy's time
   * is over: one that does so within these last ms is taken to have waited to the end.
   */
  readonly slackMs: number;
}

/** A timer beyond this many ms would fire at once (Node, timers). */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

/**
 * Joins `stream` to a new stream of `session`: both bodies, the trailers of both sides, and the reset of either. Bytes are
 * taken from one side as fast as the other takes them. `settle` is called once, when it has ended.
 */
export function forwardStream(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  stream: ServerHttp2Stream,
  limits: StreamLimits,
  settle: (result: AttemptResult) => void,
): void {
  new StreamAttempt(session, headers, stream, limits, settle).start();
}

class StreamAttempt {
  readonly #session: ClientHttp2Session;
  readonly #headers: OutgoingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #limits: StreamLimits;
  readonly #settle: (result: AttemptResult) => void;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #upstream: ClientHttp2Stream | undefined;
  #statusCode = 0;
  #grpcStatus: number | undefined;
  /** All of the answer has come. */
  #isComplete = false;
  #isSettled = false;

  constructor(
    session: ClientHttp2Session,
    headers: OutgoingHttpHeaders,
    stream: ServerHttp2Stream,
    limits: StreamLimits,
    settle: (result: AttemptResult) => void,
  ) {
    this.#session = session;
    this.#headers = headers;
    this.#stream = stream;
    this.#limits = limits;
    this.#settle = settle;
  }

  start(): void {
    const { connectMs, deadline } = this.#limits;
    this.#stream.once('close', this.#onCallerGone);
    if (this.#stream.destroyed) return void this.#onCallerGone();
    if (deadline) {
      const leftMs = Math.min(Math.max(0, deadline.atMs - performance.now()), TIMER_LIMIT_MS);
      this.#deadline = setTimeout(() => {
        this.#fail('deadline', 'the deadline of the caller has passed');
      }, leftMs);
    }
    if (!this.#session.connecting) return void this.#begin();
    // Nothing is sent before: what cannot connect may be tried elsewhere.
    this.#session.once('connect', this.#begin);
    this.#session.once('error', this.#onUnreachable);
    this.#session.once('close', this.#onUnreachable);
    this.#timer = setTimeout(() => {
      this.#fail('deadline', `no connection within ${connectMs} ms`);
    }, connectMs);
  }

  readonly #begin = (): void => {
    this.#leaveSession();
    clearTimeout(this.#timer);
    if (this.#isSettled) return;
    const endStream = this.#stream.endAfterHeaders;
    let upstream: ClientHttp2Stream;
    try {
      upstream = this.#session.request(this.#headers, {
        endStream,
        waitForTrailers: !endStream,
      });
    } catch (error) {
      // It was closed meanwhile.
      return void this.#fail('connect_refused', String(error));
    }
    this.#upstream = upstream;
    const { answerMs } = this.#limits;
    if (answerMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#fail('deadline', `no response within ${answerMs} ms`);
      }, answerMs);
    }
    upstream.on('headers', (fields) => this.#inform(fields));
    upstream.once('response', (fields, flags) => this.#respond(upstream, fields, flags));
    // What went wrong, its reset code tells when it closes.
    upstream.on('error', () => undefined);
    upstream.once('close', () => this.#ended(upstream.rstCode ?? constants.NGHTTP2_NO_ERROR));
    if (!endStream) this.#sendBody(upstream);
  };

  #sendBody(upstream: ClientHttp2Stream): void {
    let trailers: OutgoingHttpHeaders = {};
    this.#stream.once('trailers', (fields) => {
      trailers = forwardedHeaders(fields);
    });
    upstream.once('wantTrailers', () => sendTrailers(upstream, trailers));
    this.#stream.pipe(upstream, { end: false });
    // Of a body that broke off the reset tells, and its end must not.
    this.#stream.once('end', () => {
      if (!this.#stream.aborted) upstream.end();
    });
  }

  readonly #onUnreachable = (error?: Error): void => {
    this.#fail('connect_refused', error?.message ?? 'the connection was closed');
  };

  readonly #onCallerGone = (): void => {
    if (this.#isComplete) {
      // The server has answered without waiting for the rest of the request.
      this.#upstream?.close(constants.NGHTTP2_NO_ERROR);
      return;
    }
    const { deadline } = this.#limits;
    const isLate = deadline && performance.now() + deadline.slackMs >= deadline.atMs;
    this.#fail(isLate ? 'deadline' : 'cancelled', 'the caller went away');
  };

  /** 100 to 199 come before the response proper (RFC 9110 §15.2): a caller may wait for the leave to send its body. */
  #inform(fields: IncomingHttpHeaders): void {
    const stream = this.#stream;
    if (this.#isSettled || stream.destroyed || stream.headersSent) return;
    stream.additionalHeaders(forwardedHeaders(fields));
  }

  #respond(upstream: ClientHttp2Stream, fields: IncomingHttpHeaders, flags: number): void {
    clearTimeout(this.#timer);
    const stream = this.#stream;
    if (this.#isSettled || stream.destroyed) return;
    this.#statusCode = Number(fields[':status']);
    this.#grpcStatus = grpcStatusOf(fields);
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(forwardedHeaders(fields), { endStream, waitForTrailers: !endStream });
    if (endStream) {
      this.#isComplete = true;
      return;
    }
    let trailers: OutgoingHttpHeaders = {};
    upstream.once('trailers', (last) => {
      trailers = forwardedHeaders(last);
      this.#grpcStatus = grpcStatusOf(last) ?? this.#grpcStatus;
    });
    stream.once('wantTrailers', () => sendTrailers(stream, trailers));
    upstream.pipe(stream, { end: false });
    upstream.once('end', () => {
      const hasBrokenOff = upstream.aborted || upstream.rstCode !== constants.NGHTTP2_NO_ERROR;
      if (hasBrokenOff) return;
      this.#isComplete = true;
      stream.end();
    });
  }

  #ended(resetCode: number): void {
    const stream = this.#stream;
    if (this.#isComplete) {
      const { grpcStatus, statusCode } = {
        grpcStatus: this.#grpcStatus,
        statusCode: this.#statusCode,
      };
      // What is left of the request nobody reads any more.
      if (!stream.readableEnded && !stream.destroyed) stream.resume();
      this.#finish({
        kind: 'responded',
        statusCode,
        ...(grpcStatus !== undefined && { grpcStatus }),
      });
      return;
    }
    // Refused is unseen: the caller may send it again without a doubt (RFC 9113 §8.7), and must be told so.
    const isRefused = resetCode === constants.NGHTTP2_REFUSED_STREAM;
    if ((stream.headersSent || isRefused) && !stream.destroyed) {
      // A part of an answer must not be taken for the whole.
      stream.off('close', this.#onCallerGone);
      stream.close(resetCode || constants.NGHTTP2_INTERNAL_ERROR);
    }
    this.#fail('connect_refused', `the stream was reset with code ${resetCode}`);
  }

  #fail(errorType: 'connect_refused' | 'deadline' | 'cancelled', message: string): void {
    if (this.#isSettled) return;
    const upstream = this.#upstream;
    const hasStarted = this.#stream.headersSent;
    if (upstream) this.#stream.unpipe(upstream);
    if (upstream && !upstream.closed) upstream.close(constants.NGHTTP2_CANCEL);
    if (hasStarted && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    const wasSent = upstream !== undefined;
    this.#finish({ kind: 'failed', errorType, message, wasSent, hasStarted });
  }

  #finish(result: AttemptResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
    this.#leaveSession();
    this.#stream.off('close', this.#onCallerGone);
    this.#settle(result);
  }

  #leaveSession(): void {
    this.#session.off('connect', this.#begin);
    this.#session.off('error', this.#onUnreachable);
    this.#session.off('close', this.#onUnreachable);
  }
}

function sendTrailers(
  stream: ClientHttp2Stream | ServerHttp2Stream,
  trailers: OutgoingHttpHeaders,
): void {
  if (!stream.destroyed && !stream.closed) stream.sendTrailers(trailers);
}
