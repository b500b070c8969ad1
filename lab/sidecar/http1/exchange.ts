import type { Socket } from 'node:net';
import type { BodyReader, Framing } from './body-framing.ts';
import { fieldOf, type MessageError, type RequestHead } from './message-head.ts';

/** The connection that the request came on. */
export interface CallerConnection {
  readonly socket: Socket;
  /** It is to be closed after this answer. */
  readonly mustClose: boolean;
  readonly readBody: () => void;
  readonly finished: (isClean: boolean) => void;
  readonly destroy: () => void;
}

/** Where a request's body goes. */
export interface BodySink {
  /** False = send no more until `resumeBody` is called. */
  readonly write: (bytes: Buffer) => boolean;
  readonly end: () => void;
  /** The caller went away, or its chunks are malformed. */
  readonly fail: (error: Error) => void;
}

/** Who answers the request, and is to know of its caller. */
export interface ExchangeClient {
  /** Once, when the caller goes away before its answer is complete. */
  readonly callerGone: () => void;
  /** The caller has read what was written. */
  readonly callerDrained: () => void;
}

/** A body this small is kept, so that a failed attempt can be repeated. */
const KEPT_BYTES = 64 * 1024;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const CLOSE = 'connection: close\r\n';

/** One request of a caller and the way back. */
export class Exchange {
  readonly head: RequestHead;
  readonly framing: Framing;
  readonly #connection: CallerConnection;
  readonly #reader: BodyReader;
  readonly #wantsClose: boolean;
  #sink: BodySink | undefined;
  #isPaused = false;
  #hasStarted = false;
  #isOver = false;
  client: ExchangeClient | undefined;

  constructor(
    connection: CallerConnection,
    head: RequestHead,
    framing: Framing,
    reader: BodyReader,
  ) {
    this.#connection = connection;
    this.head = head;
    this.framing = framing;
    this.#reader = reader;
    const options = fieldOf(head, 'connection');
    this.#wantsClose = options !== undefined && /(^|,)\s*close\s*(,|$)/i.test(options);
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isBodyRead(): boolean {
    return this.#reader.isDone;
  }

  get wantsBody(): boolean {
    return this.#sink !== undefined && !this.#reader.isDone;
  }

  get isFull(): boolean {
    return this.#isPaused;
  }

  /** The whole body when it is declared and small; undefined when it is to be streamed. Ask only when there is one. */
  keepBody(): Promise<Buffer> | undefined {
    if (this.framing.kind !== 'length' || this.framing.bytes > KEPT_BYTES) return undefined;
    const chunks: Buffer[] = [];
    return new Promise((resolve, reject) => {
      this.streamBody({
        write: (bytes) => {
          chunks.push(bytes);
          return true;
        },
        end: () => resolve(Buffer.concat(chunks)),
        fail: reject,
      });
    });
  }

  /** Can be done once: the bytes are not kept. */
  streamBody(sink: BodySink): void {
    this.#sink = sink;
    if (fieldOf(this.head, 'expect')?.toLowerCase() === '100-continue') {
      this.#connection.socket.write(CONTINUE);
    }
    this.#connection.readBody();
  }

  resumeBody(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isOver) this.#connection.readBody();
  }

  /** `lines` end with CRLF each; they say how long the body is. `body` may be its beginning, as bytes or latin1 text. False = wait for `callerDrained`. */
  start(
    statusCode: number,
    reason: string,
    lines: string,
    body: Buffer | string | undefined,
  ): boolean {
    if (this.#isOver) return true;
    this.#hasStarted = true;
    const { socket, mustClose } = this.#connection;
    const close = this.#wantsClose || mustClose ? CLOSE : '';
    const head = `HTTP/1.1 ${statusCode} ${reason}\r\n${lines}${close}\r\n`;
    // One write is one system call.
    if (body === undefined) return socket.write(head, 'latin1');
    if (typeof body === 'string') return socket.write(head + body, 'latin1');
    if (body.length <= KEPT_BYTES) return socket.write(head + body.toString('latin1'), 'latin1');
    socket.write(head, 'latin1');
    return socket.write(body);
  }

  write(bytes: Buffer): boolean {
    return this.#isOver || this.#connection.socket.write(bytes);
  }

  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink = undefined;
    const isClean = this.#reader.isDone && !this.#wantsClose && !this.#connection.mustClose;
    this.#connection.finished(isClean);
  }

  /** The answer broke off: the caller must not take it for complete. */
  breakOff(): void {
    if (!this.#isOver) this.#connection.destroy();
  }

  /** The proxy's own answer, told apart from the application's by its header. */
  fail(statusCode: number, errorType: string, message: string): void {
    if (this.#isOver) return;
    if (this.#hasStarted) return void this.breakOff();
    const body = Buffer.from(`${JSON.stringify({ error: errorType, message })}\n`);
    const lines = `content-type: application/json\r\nx-detour-error: ${errorType}\r\ncontent-length: ${body.length}\r\n`;
    this.start(statusCode, 'Failed', lines, this.head.method === 'HEAD' ? undefined : body);
    this.finish();
  }

  /** How many of `bytes` belong to the body. */
  takeBody(bytes: Buffer): number {
    const taken = this.#reader.take(bytes, 0);
    const sink = this.#sink;
    if (
      taken > 0 &&
      sink?.write(taken === bytes.length ? bytes : bytes.subarray(0, taken)) === false
    ) {
      this.#isPaused = true;
    }
    if (this.#reader.isDone) sink?.end();
    return taken;
  }

  bodyFailed(error: MessageError): void {
    const sink = this.#sink;
    this.#sink = undefined;
    // The caller's fault comes before what follows from it.
    this.fail(error.statusCode, 'bad_request', error.message);
    sink?.fail(error);
  }

  drained(): void {
    this.client?.callerDrained();
  }

  callerGone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#reader.isDone) this.#sink?.fail(new Error('the caller went away'));
    this.client?.callerGone();
  }
}
