import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Context, Span } from '@opentelemetry/api';
import { injectContext } from '#instrumentation/propagation.ts';
import type { Endpoint } from '../endpoint.ts';
import type { AttemptResult } from '../forward.ts';
import type { AttemptOutcome, Call } from '../outbound-call.ts';
import type { FoundRoute } from '../routing.ts';
import { finishSpan } from '../server-span.ts';
import { type Deadline, forwardStream, type StreamLimits } from './forward-stream.ts';
import { forwardedHeaders, grpcTimeoutMs, isGrpc } from './stream-fields.ts';
import { describeStream, markGrpcStatus } from './stream-span.ts';
import type { UpstreamSessions } from './upstream-sessions.ts';

/** One HTTP/2 stream of the application, over all its attempts. */
export class StreamCall implements Call {
  readonly callee: string;
  readonly found: FoundRoute;
  readonly context: Context;
  readonly tried = new Set<Endpoint>();
  readonly hasOwnConnection = false;
  readonly #headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #sessions: UpstreamSessions;
  readonly #deadline: Deadline | undefined;
  readonly #described: ReturnType<typeof describeStream>;

  constructor(
    callee: string,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    found: FoundRoute,
    parent: Context,
    sessions: UpstreamSessions,
    deadline: Deadline | undefined,
  ) {
    this.callee = callee;
    this.found = found;
    this.context = parent;
    this.#stream = stream;
    this.#headers = headers;
    this.#sessions = sessions;
    this.#deadline = deadline;
    this.#described = describeStream(headers);
  }

  get spanName(): string {
    return this.#described.name;
  }

  describe(span: Span): void {
    span.setAttributes(this.#described.attributes);
  }

  send(
    endpoint: Endpoint,
    attempt: Context,
    timeoutMs: number,
    settle: (result: AttemptResult) => void,
  ): void {
    const headers = forwardedHeaders(this.#headers);
    headers[':authority'] = this.callee;
    const carried: Record<string, string | readonly string[]> = {};
    injectContext(attempt, carried);
    const limits = streamLimits(this.#headers, timeoutMs, this.#deadline);
    const session = this.#sessions.of(endpoint);
    forwardStream(session, Object.assign(headers, carried), this.#stream, limits, settle);
  }

  finishSpan(span: Span, answer: Extract<AttemptOutcome, { kind: 'responded' }>): void {
    finishSpan(span, answer.statusCode, 'upstream_5xx');
    markGrpcStatus(span, answer.grpcStatus, 'client');
  }

  /** A stream's body is not kept, so only what was never sent can go again. */
  mayRepeat(outcome: AttemptOutcome): boolean {
    if (outcome.kind !== 'failed' || outcome.errorType !== 'connect_refused') return false;
    return !outcome.wasSent && !outcome.hasStarted && !this.#stream.destroyed;
  }
}

/** Of what a caller waits, at least and in all: the part at its end in which hanging up means that it waited in vain. */
const SLACK_MS = 25;
const SLACK_SHARE = 0.2;

/** The caller's own deadline, counted from now: when the head came. */
export function deadlineOf(headers: IncomingHttpHeaders): Deadline | undefined {
  const limitMs = isGrpc(headers) ? grpcTimeoutMs(headers) : undefined;
  if (limitMs === undefined) return undefined;
  return {
    atMs: performance.now() + limitMs,
    slackMs: Math.max(SLACK_MS, SLACK_SHARE * limitMs),
  };
}

/** A gRPC call may be silent as long as its caller bears it; any other answer must begin within `timeoutMs`. */
export function streamLimits(
  headers: IncomingHttpHeaders,
  timeoutMs: number,
  deadline: Deadline | undefined,
): StreamLimits {
  return {
    connectMs: timeoutMs,
    answerMs: isGrpc(headers) ? undefined : timeoutMs,
    deadline,
  };
}
