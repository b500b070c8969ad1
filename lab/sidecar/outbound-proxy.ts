import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type Context,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { contextFrom, injectContext } from '#instrumentation/propagation.ts';
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
import type { ConnectionPools } from './connection-pools.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { ErrorType } from './error-type.ts';
import { type AttemptResult, endToEndHeaders, forward, type OutgoingRequest } from './forward.ts';
import type { OutlierDetection } from './outlier-detection.ts';
import { byWeight, pickEndpoint } from './pick-endpoint.ts';
import { readBody } from './read-body.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Target } from './route-table.ts';
import type { FoundRoute, Routing } from './routing.ts';
import { finishSpan, sendFailure, startServerSpan } from './server-span.ts';
import type { Endpoint } from './xds-resources.ts';

export interface OutboundParts {
  readonly routing: Routing;
  readonly resolver: DnsResolver;
  readonly pools: ConnectionPools;
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

/**
 * The application's way out: it names the callee in `Host`, the proxy finds an instance of it.
 *
 *   application ──Host: song──▶ proxy ──route table──▶ endpoint of song's inbound proxy
 */
export function createOutboundProxy(parts: OutboundParts): Server {
  const proxy = new OutboundProxy(parts);
  const server = createServer((request, response) => {
    proxy.handle(request, response).catch((error: unknown) => {
      sendFailure(response, 500, 'proxy_error', String(error));
    });
  });
  server.keepAliveTimeout = 75_000;
  return server;
}

class OutboundProxy {
  readonly #parts: OutboundParts;
  readonly #tracer: Tracer = trace.getTracer('detour-sidecar');
  /** The mode that last routed each callee, to mark the first request after a switch. */
  readonly #lastModes = new Map<string, string>();

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const callee = calleeOf(request, this.#parts.dnsZone);
    if (callee === undefined) {
      return sendFailure(response, 400, 'bad_authority', 'name the callee in the Host header');
    }
    const { budget, routing, configWaitMs } = this.#parts;
    const server = startServerSpan(this.#tracer, request, callee, contextFrom(request.headers));
    budget.requestBegan();
    try {
      const body = await readBody(request);
      const found = await routing.find(callee, configWaitMs);
      const call = new Call(callee, request, body, found, server.context);
      const outcome = await this.#tryAttempts(call, response);
      if (outcome.kind === 'failed' && !outcome.hasStarted) {
        const status = outcome.errorType === 'deadline' ? 504 : 503;
        sendFailure(response, status, outcome.errorType, outcome.message);
      }
      finishSpan(server.span, response.statusCode, undefined);
    } finally {
      budget.requestEnded();
      server.span.end();
    }
  }

  async #tryAttempts(call: Call, response: ServerResponse): Promise<AttemptOutcome> {
    let outcome = await this.#attempt(call, response);
    for (let n = 1; n < this.#parts.maxAttempts && call.mayRepeat(outcome); n++) {
      if (!this.#parts.budget.takeRetry()) break;
      try {
        outcome = await this.#attempt(call, response);
      } finally {
        this.#parts.budget.retryEnded();
      }
    }
    return outcome;
  }

  /** One attempt is one CLIENT span; finding the endpoint is part of it, so that the time of a lookup shows. */
  async #attempt(call: Call, response: ServerResponse): Promise<AttemptOutcome> {
    const span = this.#tracer.startSpan(
      call.request.method ?? 'GET',
      { kind: SpanKind.CLIENT, attributes: call.attributes() },
      call.context,
    );
    this.#markModeChange(call, span);
    const outcome = await this.#reach(call, response, span);
    if (outcome.kind === 'responded') {
      finishSpan(span, outcome.statusCode, 'upstream_5xx');
    } else {
      span.setAttribute(ATTR_ERROR_TYPE, outcome.errorType);
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
    }
    span.end();
    return outcome;
  }

  async #reach(call: Call, response: ServerResponse, span: Span): Promise<AttemptOutcome> {
    const { route } = call.found;
    if (route.kind === 'pending') return notReached('no_mapping', route.detail);
    if (route.kind === 'unroutable') return notReached(route.errorType, route.detail);
    const attemptContext = trace.setSpan(call.context, span);
    const target = byWeight(route.targets, this.#parts.roll());
    if (!target) return notReached('no_mapping', 'every cluster of the route has weight 0');
    const endpoints = await context.with(attemptContext, () => this.#endpointsOf(target));
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
    const result = await forward(pools.poolOf(endpoint), outgoing, response, timeoutMs);
    if (result.kind === 'responded') outliers.succeeded(endpoint);
    else outliers.failed(endpoint);
    return result;
  }

  async #endpointsOf(target: Target): Promise<readonly Endpoint[] | Failure> {
    if (target.kind === 'endpoints') return target.endpoints;
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
  readonly request: IncomingMessage;
  readonly found: FoundRoute;
  readonly context: Context;
  readonly tried = new Set<Endpoint>();
  readonly #body: OutgoingRequest['body'];

  constructor(
    callee: string,
    request: IncomingMessage,
    body: OutgoingRequest['body'],
    found: FoundRoute,
    parent: Context,
  ) {
    this.callee = callee;
    this.request = request;
    this.found = found;
    this.context = parent;
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
      [ATTR_HTTP_REQUEST_METHOD]: this.request.method ?? 'GET',
      [ATTR_URL_PATH]: withoutQuery(pathOf(this.request)),
    };
  }

  toOutgoing(attemptContext: Context): OutgoingRequest {
    const headers = endToEndHeaders(this.request.headers);
    headers['host'] = this.callee;
    injectContext(attemptContext, headers);
    return {
      method: this.request.method ?? 'GET',
      path: pathOf(this.request),
      headers,
      body: this.#body,
    };
  }

  /** A request that was never sent may go again; one that may have been processed only if it changes nothing. */
  mayRepeat(outcome: AttemptOutcome): boolean {
    if (outcome.kind !== 'failed' || outcome.errorType !== 'connect_refused') return false;
    if (outcome.hasStarted) return false;
    const isReplayable = this.#body === undefined || Buffer.isBuffer(this.#body);
    const isIdempotent = this.request.method === 'GET' || this.request.method === 'HEAD';
    return isReplayable && (!outcome.wasSent || isIdempotent);
  }
}

function notReached(errorType: ErrorType, message: string): Failure {
  return { kind: 'failed', errorType, message, wasSent: false, hasStarted: false };
}
