import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_CIRCUIT_BREAKER_LIMIT,
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_ROUTING_MODE,
} from '#telemetry/attributes.ts';
import { calleeOf } from './callee.ts';
import {
  type CircuitBreakers,
  type CircuitLimit,
  type CircuitLimits,
  DEFAULT_LIMITS,
} from './circuit-breakers.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { ErrorType } from './error-type.ts';
import { forward } from './forward.ts';
import { DownstreamServer } from './http1/downstream.ts';
import type { Exchange } from './http1/exchange.ts';
import { fieldOf } from './http1/message-head.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import type { LoadCounts } from './load-counts.ts';
import { type AttemptOutcome, OutboundCall } from './outbound-call.ts';
import type { OutlierDetection } from './outlier-detection.ts';
import { byWeight, pickEndpoint } from './pick-endpoint.ts';
import { readBody } from './read-body.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Target } from './route-table.ts';
import type { Routing } from './routing.ts';
import { finishSpan, startServerSpan } from './server-span.ts';
import type { Endpoint } from './xds-resources.ts';

export interface OutboundParts {
  readonly routing: Routing;
  readonly resolver: DnsResolver;
  readonly pools: UpstreamPools;
  readonly outliers: OutlierDetection;
  readonly budget: RetryBudget;
  readonly breakers: CircuitBreakers;
  readonly loads: LoadCounts;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
  readonly dnsZone: string;
  /** For one attempt, where the route does not say. */
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
  /** How long the first request to a service waits for its configuration. */
  readonly configWaitMs: number;
}

type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;
type NamedTarget = Extract<Target, { kind: 'name' }>;

/**
 * The application's way out: it names the callee in `Host`, the proxy finds an instance of it.
 *
 *   application ──Host: song──▶ proxy ──route table──▶ endpoint of song's inbound proxy
 */
export function createOutboundProxy(parts: OutboundParts): DownstreamServer {
  const proxy = new OutboundProxy(parts);
  return new DownstreamServer((exchange) => {
    proxy.handle(exchange).catch((error: unknown) => {
      exchange.fail(500, 'proxy_error', String(error));
    });
  });
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
      const call = new OutboundCall(callee, exchange, body, found, server.context);
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

  async #tryAttempts(call: OutboundCall): Promise<AttemptOutcome> {
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
  async #attempt(call: OutboundCall): Promise<AttemptOutcome> {
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

  async #reach(call: OutboundCall, span: Span): Promise<AttemptOutcome> {
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
    const timeoutMs = route.timeoutMs ?? this.#parts.attemptTimeoutMs;
    const { breakers } = this.#parts;
    const { cluster, limits = DEFAULT_LIMITS } = target;
    const entered = breakers.enter(cluster, limits, call.tried.size > 0, timeoutMs);
    const admission = 'kind' in entered ? entered : await entered;
    if (admission.kind === 'late') {
      return notReached(
        'deadline',
        `no connection of cluster ${cluster} was free in ${timeoutMs} ms`,
      );
    }
    if (admission.kind === 'refused') {
      return this.#overflow(target, limits, admission.limit, span);
    }
    try {
      return await this.#sendCounted(call, endpoints, target, span, timeoutMs);
    } finally {
      admission.leave();
    }
  }

  #overflow(target: Target, limits: CircuitLimits, limit: CircuitLimit, span: Span): Failure {
    if (reportsLoad(target)) this.#parts.loads.dropped(target.cluster);
    const name = LIMIT_NAMES[limit];
    span.setAttribute(ATTR_CIRCUIT_BREAKER_LIMIT, name);
    const detail = `cluster ${target.cluster} is at its limit, ${name} = ${limits[limit]}`;
    return notReached('overflow', detail);
  }

  async #sendCounted(
    call: OutboundCall,
    endpoints: readonly Endpoint[],
    target: Target,
    span: Span,
    timeoutMs: number,
  ): Promise<AttemptOutcome> {
    const reported = reportsLoad(target) ? this.#parts.loads.began(target.cluster) : undefined;
    let isSuccess = false;
    try {
      const outcome = await this.#sendTo(call, endpoints, target, span, timeoutMs);
      isSuccess = outcome.kind === 'responded' && outcome.statusCode < 500;
      return outcome;
    } finally {
      reported?.(isSuccess);
    }
  }

  async #sendTo(
    call: OutboundCall,
    endpoints: readonly Endpoint[],
    target: Target,
    span: Span,
    timeoutMs: number,
  ): Promise<AttemptOutcome> {
    const { outliers, pools, roll } = this.#parts;
    const panicBelow = target.kind === 'endpoints' ? target.panicBelow : undefined;
    const isEjected = (endpoint: Endpoint) => outliers.isEjected(endpoint);
    const endpoint =
      pickEndpoint(endpoints, roll(), isEjected, call.tried, panicBelow) ??
      pickEndpoint(endpoints, roll(), isEjected, new Set(), panicBelow);
    if (!endpoint) return notReached('empty_endpoints', `${call.callee} has no endpoint`);
    call.tried.add(endpoint);
    span.setAttribute(ATTR_NETWORK_PEER_ADDRESS, endpoint.address);
    span.setAttribute(ATTR_NETWORK_PEER_PORT, endpoint.port);
    const outgoing = call.toOutgoing(trace.setSpan(call.context, span));
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

  #markModeChange(call: OutboundCall, span: Span): void {
    const mode = String(call.found.route.attributes[ATTR_ROUTING_MODE]);
    const before = this.#lastModes.get(call.callee);
    if (before === mode) return;
    this.#lastModes.set(call.callee, mode);
    if (before !== undefined) span.addEvent('routing.mode_changed', { from: before, to: mode });
  }
}

function reportsLoad(target: Target): boolean {
  return target.kind === 'endpoints' && target.reportsLoad === true;
}

const LIMIT_NAMES: Readonly<Record<CircuitLimit, string>> = {
  maxConnections: 'max_connections',
  maxPendingRequests: 'max_pending_requests',
  maxRequests: 'max_requests',
  maxRetries: 'max_retries',
};

function notReached(errorType: ErrorType, message: string): Failure {
  return { kind: 'failed', errorType, message, wasSent: false, hasStarted: false };
}
