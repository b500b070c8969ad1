import {
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { injectContext } from '#instrumentation/propagation.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_ROUTING_MODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
  ATTR_URL_PATH,
  ATTR_XDS_CONFIG_AGE_MS,
} from '#telemetry/attributes.ts';
import { calleeOf, pathOf, withoutQuery } from './callee.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { ErrorType } from './error-type.ts';
import { type AttemptResult, forward, type OutgoingRequest } from './forward.ts';
import { DownstreamServer, type TakeHttp2 } from './http1/downstream.ts';
import type { Exchange } from './http1/exchange.ts';
import { forwardedRequest } from './http1/forwarded-head.ts';
import { fieldOf, type RequestHead } from './http1/message-head.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import type { OutlierDetection } from './outlier-detection.ts';
import { byWeight, pickEndpoint } from './pick-endpoint.ts';
import { readBody } from './read-body.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Target } from './route-table.ts';
import type { FoundRoute, Routing } from './routing.ts';
import { finishSpan, startServerSpan } from './server-span.ts';
import type { Endpoint } from './xds-resources.ts';

export interface OutboundParts {
  readonly routing: Routing;
  readonly resolver: DnsResolver;
  readonly pools: UpstreamPools;
  readonly outliers: OutlierDetection;
  readonly budget: RetryBudget;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
  readonly dnsZone: string;
  /** For one attempt, where the route does not say. */
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
  /** How long the first request to a service waits for its configuration. */
  readonly configWaitMs: number;
}

type AttemptOutcome =
  | AttemptResult
  | {
      readonly kind: 'failed';
      readonly errorType: ErrorType;
      readonly message: string;
      readonly wasSent: false;
      readonly hasStarted: false;
    };
type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;
type NamedTarget = Extract<Target, { kind: 'name' }>;

/**
 * The application's way out: it names the callee in `Host`, the proxy finds an instance of it.
 *
 *   application ──Host: song──▶ proxy ──route table──▶ endpoint of song's inbound proxy
 */
export function createOutboundProxy(parts: OutboundParts, takeHttp2: TakeHttp2): DownstreamServer {
  const proxy = new OutboundProxy(parts);
  return new DownstreamServer((exchange) => {
    proxy.handle(exchange).catch((error: unknown) => {
      exchange.fail(500, 'proxy_error', String(error));
    });
  }, takeHttp2);
}

class OutboundProxy {
  readonly #parts: OutboundParts;
  readonly #tracer: Tracer = trace.getTracer('detour-sidecar');
  /** The mode that last routed each callee, to mark the first request after a switch. */
  readonly #lastModes = new Map<string, string>();

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  async handle(exchange: Exchange): Promise<void> {
    const { head } = exchange;
    const callee = calleeOf(head.target, fieldOf(head, 'host') ?? '', this.#parts.dnsZone);
    if (head.method === 'CONNECT') {
      return exchange.fail(501, 'not_a_tunnel', 'this proxy forwards requests and opens no tunnel');
    }
    if (callee === undefined) {
      return exchange.fail(400, 'bad_authority', 'name the callee in the Host header');
    }
    const { budget, routing, configWaitMs } = this.#parts;
    const server = startServerSpan(this.#tracer, head, callee);
    budget.requestBegan();
    try {
      const body = exchange.framing.kind === 'none' ? undefined : await readBody(exchange);
      const found = routing.known(callee) ?? (await routing.find(callee, configWaitMs));
      const call = new Call(callee, exchange, body, found, server.context);
      const outcome = await this.#tryAttempts(call);
      finishSpan(server.span, this.#answerOf(exchange, outcome), undefined);
    } finally {
      budget.requestEnded();
      server.span.end();
    }
  }

  /** The status code that the caller got. */
  #answerOf(exchange: Exchange, outcome: AttemptOutcome): number {
    if (outcome.kind === 'responded') return outcome.statusCode;
    const status = outcome.errorType === 'deadline' ? 504 : 503;
    exchange.fail(status, outcome.errorType, outcome.message);
    return status;
  }

  async #tryAttempts(call: Call): Promise<AttemptOutcome> {
    let outcome = await this.#attempt(call);
    for (let n = 1; n < this.#parts.maxAttempts && call.mayRepeat(outcome); n++) {
      if (!this.#parts.budget.takeRetry()) break;
      try {
        outcome = await this.#attempt(call);
      } finally {
        this.#parts.budget.retryEnded();
      }
    }
    return outcome;
  }

  /** One attempt is one CLIENT span; finding the endpoint is part of it, so that the time of a lookup shows. */
  async #attempt(call: Call): Promise<AttemptOutcome> {
    const span = this.#tracer.startSpan(
      call.head.method,
      { kind: SpanKind.CLIENT, attributes: call.attributes() },
      call.context,
    );
    this.#markModeChange(call, span);
    const outcome = await this.#reach(call, span);
    if (outcome.kind === 'responded') {
      finishSpan(span, outcome.statusCode, 'upstream_5xx');
    } else {
      span.setAttribute(ATTR_ERROR_TYPE, outcome.errorType);
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
    }
    span.end();
    return outcome;
  }

  async #reach(call: Call, span: Span): Promise<AttemptOutcome> {
    const { route } = call.found;
    if (route.kind === 'pending') return notReached('no_mapping', route.detail);
    if (route.kind === 'unroutable') return notReached(route.errorType, route.detail);
    const attemptContext = trace.setSpan(call.context, span);
    const target = byWeight(route.targets, this.#parts.roll());
    if (!target) return notReached('no_mapping', 'every cluster of the route has weight 0');
    const endpoints =
      target.kind === 'endpoints'
        ? target.endpoints
        : await context.with(attemptContext, () => this.#resolve(target));
    if ('kind' in endpoints) return endpoints;
    const { outliers, pools, roll, attemptTimeoutMs } = this.#parts;
    const isEjected = (endpoint: Endpoint) => outliers.isEjected(endpoint);
    const endpoint =
      pickEndpoint(endpoints, roll(), isEjected, call.tried) ??
      pickEndpoint(endpoints, roll(), isEjected, new Set());
    if (!endpoint) return notReached('empty_endpoints', `${call.callee} has no endpoint`);
    call.tried.add(endpoint);
    span.setAttribute(ATTR_NETWORK_PEER_ADDRESS, endpoint.address);
    span.setAttribute(ATTR_NETWORK_PEER_PORT, endpoint.port);
    const outgoing = call.toOutgoing(attemptContext);
    const timeoutMs = route.timeoutMs ?? attemptTimeoutMs;
    const result = await forward(pools, endpoint, outgoing, call.exchange, timeoutMs);
    if (result.kind === 'responded') outliers.succeeded(endpoint);
    // That a caller gave up says nothing of the endpoint.
    else if (result.errorType !== 'cancelled') outliers.failed(endpoint);
    return result;
  }

  async #resolve(target: NamedTarget): Promise<readonly Endpoint[] | Failure> {
    const { resolver } = this.#parts;
    const answer = resolver.kept(target.hostname) ?? (await resolver.resolve(target.hostname));
    if (answer.kind === 'failed') {
      return notReached(answer.errorType, `${target.hostname}: ${answer.errorType}`);
    }
    return answer.addresses.map((address) => ({ address, port: target.port, weight: 1 }));
  }

  #markModeChange(call: Call, span: Span): void {
    const mode = String(call.found.route.attributes[ATTR_ROUTING_MODE]);
    const before = this.#lastModes.get(call.callee);
    if (before === mode) return;
    this.#lastModes.set(call.callee, mode);
    if (before !== undefined) span.addEvent('routing.mode_changed', { from: before, to: mode });
  }
}

/** One request of the application, over all its attempts. */
class Call {
  readonly callee: string;
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly found: FoundRoute;
  readonly context: Context;
  readonly tried = new Set<Endpoint>();
  readonly #path: string;
  readonly #body: OutgoingRequest['body'];

  constructor(
    callee: string,
    exchange: Exchange,
    body: OutgoingRequest['body'],
    found: FoundRoute,
    parent: Context,
  ) {
    this.callee = callee;
    this.exchange = exchange;
    this.head = exchange.head;
    this.found = found;
    this.context = parent;
    this.#path = pathOf(exchange.head.target);
    this.#body = body;
  }

  attributes(): Record<string, string | number | boolean> {
    const { route, configAgeMs } = this.found;
    const isXds = route.attributes[ATTR_ROUTING_MODE] === 'xds';
    return {
      ...route.attributes,
      ...(isXds && configAgeMs !== undefined && { [ATTR_XDS_CONFIG_AGE_MS]: configAgeMs }),
      [ATTR_SERVICE_PEER_NAME]: this.callee,
      [ATTR_SERVER_ADDRESS]: this.callee,
      [ATTR_HTTP_REQUEST_METHOD]: this.head.method,
      [ATTR_URL_PATH]: withoutQuery(this.#path),
    };
  }

  toOutgoing(attemptContext: Context): OutgoingRequest {
    const carried: Record<string, string | readonly string[]> = {};
    injectContext(attemptContext, carried);
    const { framing } = this.exchange;
    return {
      head: forwardedRequest(this.head, this.#path, this.callee, framing, carried),
      method: this.head.method,
      body: this.#body,
    };
  }

  /** A request that was never sent may go again; one that may have been processed only if it changes nothing. */
  mayRepeat(outcome: AttemptOutcome): boolean {
    if (outcome.kind !== 'failed' || outcome.errorType !== 'connect_refused') return false;
    if (outcome.hasStarted || this.exchange.isOver) return false;
    const isReplayable = this.#body !== 'streamed';
    const isIdempotent = this.head.method === 'GET' || this.head.method === 'HEAD';
    return isReplayable && (!outcome.wasSent || isIdempotent);
  }
}

function notReached(errorType: ErrorType, message: string): Failure {
  return { kind: 'failed', errorType, message, wasSent: false, hasStarted: false };
}
