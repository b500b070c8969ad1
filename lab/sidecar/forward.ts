import type { Endpoint } from './endpoint.ts';
import type { Framing } from './http1/body-framing.ts';
import type { Exchange, ExchangeClient } from './http1/exchange.ts';
import { forwardedResponseLines } from './http1/forwarded-head.ts';
import type { ResponseHead } from './http1/message-head.ts';
import type { ResponseSink, UpstreamConnection } from './http1/upstream-connection.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';

export interface OutgoingRequest {
  /** With its empty line. */
  readonly head: string;
  readonly method: string;
  /** What is streamed can be sent once; bytes can be sent again. */
  readonly body: Buffer | 'streamed' | undefined;
}

export type AttemptResult =
  | {
      readonly kind: 'responded';
      readonly statusCode: number;
      /** Of a gRPC call: from its trailers. */
      readonly grpcStatus?: number;
    }
  | {
      readonly kind: 'failed';
      readonly errorType: 'connect_refused' | 'deadline' | 'cancelled';
      readonly message: string;
      /** False when no byte of the request can have reached the other side. */
      readonly wasSent: boolean;
      /** True when part of the response went on to the caller already. */
      readonly hasStarted: boolean;
    };

/** Sends one request to `endpoint` and streams the answer to the caller. `settle` is called once, when it has ended. */
export function forward(
  pools: UpstreamPools,
  endpoint: Pick<Endpoint, 'address' | 'port'>,
  request: OutgoingRequest,
  exchange: Exchange,
  timeoutMs: number,
  settle: (result: AttemptResult) => void,
): void {
  new Attempt(pools.take(endpoint), exchange, timeoutMs, settle).start(request);
}

function asBytes(body: Buffer | string): Buffer {
  return typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
}

class Attempt implements ResponseSink, ExchangeClient {
  readonly #connection: UpstreamConnection;
  readonly #exchange: Exchange;
  readonly #settle: (result: AttemptResult) => void;
  readonly #timeoutMs: number;
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
    this.#timeoutMs = timeoutMs;
  }

  start({ head, method, body }: OutgoingRequest): void {
    const connection = this.#connection;
    const exchange = this.#exchange;
    exchange.client = this;
    connection.send(head, body, method, this, this.#timeoutMs);
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

  begin(
    head: ResponseHead,
    framing: Framing,
    body: Buffer | string | undefined,
    isWhole: boolean,
  ): boolean {
    this.#statusCode = head.statusCode;
    const lines = forwardedResponseLines(head, framing);
    if (framing.kind !== 'until-close') {
      return this.#exchange.start(head.statusCode, head.reason, lines, body) || isWhole;
    }
    this.#isChunking = true;
    const isOpen = this.#exchange.start(head.statusCode, head.reason, lines, undefined);
    return body === undefined ? isOpen : this.write(asBytes(body));
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

  late(): void {
    this.#abort('deadline', `no response within ${this.#timeoutMs} ms`);
  }

  callerGone(): void {
    this.#abort('cancelled', 'the caller went away');
  }

  callerDrained(): void {
    this.#connection.resume();
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
    this.#exchange.client = undefined;
    this.#settle(result);
  }
}
