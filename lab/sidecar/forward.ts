import type { Framing } from './http1/body-framing.ts';
import type { Exchange } from './http1/exchange.ts';
import { forwardedResponseLines } from './http1/forwarded-head.ts';
import type { ResponseHead } from './http1/message-head.ts';
import type { ResponseSink, UpstreamConnection } from './http1/upstream-connection.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import type { Endpoint } from './xds-resources.ts';

export interface OutgoingRequest {
  /** With its empty line. */
  readonly head: string;
  readonly method: string;
  /** What is streamed can be sent once; bytes can be sent again. */
  readonly body: Buffer | 'streamed' | undefined;
}

export type AttemptResult =
  | { readonly kind: 'responded'; readonly statusCode: number }
  | {
      readonly kind: 'failed';
      readonly errorType: 'connect_refused' | 'deadline' | 'cancelled';
      readonly message: string;
      /** False when no byte of the request can have reached the other side. */
      readonly wasSent: boolean;
      /** True when part of the response went on to the caller already. */
      readonly hasStarted: boolean;
    };

/** Sends one request to `endpoint` and streams the answer to the caller. Never rejects. */
export function forward(
  pools: UpstreamPools,
  endpoint: Pick<Endpoint, 'address' | 'port'>,
  request: OutgoingRequest,
  exchange: Exchange,
  timeoutMs: number,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const attempt = new Attempt(pools.take(endpoint), exchange, timeoutMs, resolve);
    attempt.start(request);
  });
}

class Attempt implements ResponseSink {
  readonly #connection: UpstreamConnection;
  readonly #exchange: Exchange;
  readonly #settle: (result: AttemptResult) => void;
  readonly #timer: NodeJS.Timeout;
  #statusCode = 0;
  /** The caller is told of an end by chunks, though the endpoint told it by closing. */
  #isChunking = false;
  #isSettled = false;

  constructor(
    connection: UpstreamConnection,
    exchange: Exchange,
    timeoutMs: number,
    settle: (result: AttemptResult) => void,
  ) {
    this.#connection = connection;
    this.#exchange = exchange;
    this.#settle = settle;
    this.#timer = setTimeout(() => {
      this.#abort('deadline', `no response within ${timeoutMs} ms`);
    }, timeoutMs);
  }

  start({ head, method, body }: OutgoingRequest): void {
    const connection = this.#connection;
    const exchange = this.#exchange;
    exchange.onGone = () => this.#abort('cancelled', 'the caller went away');
    exchange.onDrain = () => connection.resume();
    connection.send(head, body, method, this);
    if (body !== 'streamed') return;
    connection.onDrain = () => exchange.resumeBody();
    exchange.streamBody({
      write: (bytes) => this.#isSettled || connection.write(bytes),
      end: () => {
        if (!this.#isSettled) connection.endBody();
      },
      fail: (error) => this.#abort('cancelled', error.message),
    });
  }

  begin(head: ResponseHead, framing: Framing, body: Buffer | undefined, isWhole: boolean): boolean {
    this.#statusCode = head.statusCode;
    const lines = forwardedResponseLines(head, framing);
    if (framing.kind !== 'until-close') {
      return this.#exchange.start(head.statusCode, head.reason, lines, body) || isWhole;
    }
    this.#isChunking = true;
    const isOpen = this.#exchange.start(head.statusCode, head.reason, lines, undefined);
    return body === undefined ? isOpen : this.write(body);
  }

  write(bytes: Buffer): boolean {
    if (!this.#isChunking) return this.#exchange.write(bytes);
    this.#exchange.write(Buffer.from(`${bytes.length.toString(16)}\r\n`));
    this.#exchange.write(bytes);
    return this.#exchange.write(Buffer.from('\r\n'));
  }

  end(): void {
    if (this.#isChunking) this.#exchange.write(Buffer.from('0\r\n\r\n'));
    this.#finish({ kind: 'responded', statusCode: this.#statusCode });
    this.#exchange.finish();
  }

  fail(error: Error, wasSent: boolean): void {
    this.#fail('connect_refused', error.message, wasSent);
  }

  #abort(errorType: 'deadline' | 'cancelled', message: string): void {
    if (this.#isSettled) return;
    const wasSent = this.#connection.wasConnected;
    this.#connection.destroy();
    this.#fail(errorType, message, wasSent);
  }

  #fail(
    errorType: 'connect_refused' | 'deadline' | 'cancelled',
    message: string,
    wasSent: boolean,
  ): void {
    const { hasStarted } = this.#exchange;
    this.#finish({ kind: 'failed', errorType, message, wasSent, hasStarted });
    if (hasStarted) this.#exchange.breakOff();
  }

  #finish(result: AttemptResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#exchange.onGone = undefined;
    this.#exchange.onDrain = undefined;
    this.#settle(result);
  }
}
