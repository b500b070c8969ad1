import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { type Tracer, trace } from '@opentelemetry/api';
import { calleeFinder } from './callee.ts';
import type { Exchange } from './http1/exchange.ts';
import { fieldOf } from './http1/message-head.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import { deadlineOf, StreamCall } from './http2/stream-call.ts';
import { endStreamSpan, failStream, startStreamSpan } from './http2/stream-span.ts';
import type { UpstreamSessions } from './http2/upstream-sessions.ts';
import { type AttemptParts, modeOf, notReached, OutboundAttempt } from './outbound-attempt.ts';
import { type AttemptOutcome, type Call, OutboundCall } from './outbound-call.ts';
import { createProxyPort, type ProxyPort } from './proxy-port.ts';
import { readBody } from './read-body.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { FoundRoute, Routing } from './routing.ts';
import { finishSpan, startServerSpan } from './server-span.ts';

export interface OutboundParts extends AttemptParts {
  readonly routing: Routing;
  readonly pools: UpstreamPools;
  readonly sessions: UpstreamSessions;
  readonly budget: RetryBudget;
  readonly dnsZone: string;
  readonly maxAttempts: number;
  /** How long the first request to a service waits for its configuration. */
  readonly configWaitMs: number;
}

/**
 * The application's way out: it names the callee in `Host` or `:authority`, the proxy finds an instance of it.
 *
 *   application ──Host: song──▶ proxy ──route table──▶ endpoint of song's inbound proxy
 */
export function createOutboundProxy(parts: OutboundParts): ProxyPort {
  const proxy = new OutboundProxy(parts);
  return createProxyPort(
    (exchange) => proxy.handle(exchange),
    (stream, headers) => proxy.handleStream(stream, headers),
  );
}

class OutboundProxy {
  readonly #parts: OutboundParts;
  readonly #tracer: Tracer = trace.getTracer('detour-sidecar');
  /** The mode that last routed each callee, to mark the first request after a switch. */
  readonly #lastModes = new Map<string, string>();

  readonly #calleeOf: (target: string, host: string) => string | undefined;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    this.#calleeOf = calleeFinder(parts.dnsZone);
  }

  handle(exchange: Exchange): void {
    const { head } = exchange;
    const callee = this.#calleeOf(head.target, fieldOf(head, 'host') ?? '');
    if (head.method === 'CONNECT') {
      return void exchange.fail(
        501,
        'not_a_tunnel',
        'this proxy forwards requests and opens no tunnel',
      );
    }
    if (callee === undefined) {
      return void exchange.fail(400, 'bad_authority', 'name the callee in the Host header');
    }
    const { budget } = this.#parts;
    const { span, context } = startServerSpan(this.#tracer, head, callee);
    budget.requestBegan();
    const done = () => {
      budget.requestEnded();
      span.end();
    };
    const broke = (error: unknown) => {
      exchange.fail(500, 'proxy_error', String(error));
      finishSpan(span, 500, 'proxy_error');
      done();
    };
    const { pools } = this.#parts;
    const send = (body: Buffer | 'streamed' | undefined) =>
      this.#find(callee, broke, (found) => {
        const call = new OutboundCall(
          callee,
          exchange,
          body,
          found,
          context,
          pools,
          finishClientSpan,
        );
        this.#attempt(call, 1, (outcome) => {
          finishSpan(span, answerOf(exchange, outcome), undefined);
          done();
        });
      });
    if (exchange.framing.kind === 'none') send(undefined);
    else readBody(exchange).then(send).catch(broke);
  }

  handleStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const deadline = deadlineOf(headers);
    const authority = headers[':authority'] ?? headers.host ?? '';
    const callee = this.#calleeOf(headers[':path'] ?? '', authority);
    if (callee === undefined) {
      const message = 'name the callee in :authority';
      return void failStream(stream, headers, 400, 'bad_authority', message);
    }
    const { budget, sessions } = this.#parts;
    const { span, context } = startStreamSpan(this.#tracer, headers, callee);
    budget.requestBegan();
    const end = (outcome: AttemptOutcome) => {
      budget.requestEnded();
      endStreamSpan(span, stream, headers, outcome);
    };
    const broke = (error: unknown) => end(notReached('proxy_error', String(error)));
    this.#find(callee, broke, (found) => {
      const call = new StreamCall(callee, stream, headers, found, context, sessions, deadline);
      this.#attempt(call, 1, end);
    });
  }

  #find(callee: string, broke: (error: unknown) => void, take: (found: FoundRoute) => void): void {
    const { routing, configWaitMs } = this.#parts;
    const known = routing.known(callee);
    if (known) take(known);
    else routing.find(callee, configWaitMs).then(take).catch(broke);
  }

  #attempt(call: Call, number: number, done: (outcome: AttemptOutcome) => void): void {
    const before = this.#lastModes.get(call.callee);
    const mode = modeOf(call);
    if (before !== mode) this.#lastModes.set(call.callee, mode);
    const { budget, maxAttempts } = this.#parts;
    const attempt = new OutboundAttempt(this.#parts, this.#tracer, call, before, (outcome) => {
      if (number > 1) budget.retryEnded();
      const isAgain = number < maxAttempts && call.mayRepeat(outcome) && budget.takeRetry();
      if (isAgain) this.#attempt(call, number + 1, done);
      else done(outcome);
    });
    attempt.start();
  }
}

const finishClientSpan: Call['finishSpan'] = (span, { statusCode }) =>
  finishSpan(span, statusCode, 'upstream_5xx');

/** The status code that the caller got. */
function answerOf(exchange: Exchange, outcome: AttemptOutcome): number {
  if (outcome.kind === 'responded') return outcome.statusCode;
  const status = outcome.errorType === 'deadline' ? 504 : 503;
  exchange.fail(status, outcome.errorType, outcome.message);
  return status;
}
