import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher, Pool } from 'undici';

export interface OutgoingRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A stream can be sent once; bytes can be sent again. */
  readonly body: Buffer | Readable | undefined;
}

export type AttemptResult =
  | { readonly kind: 'responded'; readonly statusCode: number }
  | {
      readonly kind: 'failed';
      readonly errorType: 'connect_refused' | 'deadline';
      readonly message: string;
      /** False when no byte of the request can have reached the other side. */
      readonly wasSent: boolean;
      /** True when part of the response went on to the caller already. */
      readonly hasStarted: boolean;
    };

/** RFC 9110 §7.6.1: meant for one connection, never passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function endToEndHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

/** Sends one request over `pool` and streams the answer into `response`. Never rejects. */
export function forward(
  pool: Pool,
  request: OutgoingRequest,
  response: ServerResponse,
  timeoutMs: number,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const attempt = new Attempt(response, timeoutMs, resolve);
    pool.dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: request.path,
        headers: request.headers as Record<string, string | string[]>,
        body: request.body ?? null,
      },
      attempt,
    );
  });
}

class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}
class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
}

/** undici's handler of one dispatch: https://undici.nodejs.org/#/docs/api/Dispatcher, "DispatchHandler". */
class Attempt implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #settle: (result: AttemptResult) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #timeoutMs: number;
  readonly #onCallerGone = () => this.#abort(new CallerGoneError('the caller went away'));
  #controller: Dispatcher.DispatchController | undefined;
  #abortedBy: Error | undefined;
  #statusCode = 0;
  #settled = false;

  constructor(
    response: ServerResponse,
    timeoutMs: number,
    settle: (result: AttemptResult) => void,
  ) {
    this.#response = response;
    this.#settle = settle;
    this.#timeoutMs = timeoutMs;
    this.#timer = setTimeout(() => {
      this.#abort(new DeadlineError(`no response within ${timeoutMs} ms`));
    }, timeoutMs);
    response.once('close', this.#onCallerGone);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedBy) controller.abort(this.#abortedBy);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 100 to 199 come before the response proper (RFC 9110 §15.2).
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#response.writeHead(statusCode, endToEndHeaders(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#finish({ kind: 'responded', statusCode: this.#statusCode });
    this.#response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #abort(reason: Error): void {
    this.#abortedBy = reason;
    this.#controller?.abort(reason);
    this.#fail(reason);
  }

  #fail(error: Error): void {
    const hasStarted = this.#response.headersSent;
    const code = 'code' in error ? String(error.code) : '';
    const isLate = error instanceof DeadlineError;
    this.#finish({
      kind: 'failed',
      errorType: isLate ? 'deadline' : 'connect_refused',
      message: isLate ? `no response within ${this.#timeoutMs} ms` : error.message,
      wasSent: !NOT_SENT.has(code) && this.#controller !== undefined,
      hasStarted,
    });
    if (hasStarted) this.#response.destroy();
  }

  #finish(result: AttemptResult): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#response.off('close', this.#onCallerGone);
    this.#settle(result);
  }
}
