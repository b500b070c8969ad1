import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { inSpan } from '#instrumentation/in-span.ts';
import {
  ATTR_CIRCUIT_BREAKER_LIMIT,
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_ROUTING_MODE,
} from '#telemetry/attributes.ts';
import {
  type Admission,
  type CircuitBreakers,
  type CircuitLimit,
  DEFAULT_LIMITS,
} from './circuit-breakers.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { Endpoint } from './endpoint.ts';
import type { ErrorType } from './error-type.ts';
import type { AttemptResult } from './forward.ts';
import { isServerFault } from './grpc-faults.ts';
import type { LoadCounts } from './load-counts.ts';
import {
  type AttemptOutcome,
  type Call,
  type Failure,
  routeAttributes,
  sayConfigAge,
} from './outbound-call.ts';
import { DEFAULT_OUTLIERS, type OutlierDetection } from './outlier-detection.ts';
import { byWeight, pickEndpoint } from './pick-endpoint.ts';
import { BY_NAME, type Target } from './route-table.ts';

export interface AttemptParts {
  readonly resolver: DnsResolver;
  readonly outliers: OutlierDetection;
  readonly breakers: CircuitBreakers;
  readonly loads: LoadCounts;
  /** Uniform in [0, 1). */
  readonly roll: () => number;
  /** For one attempt, where the route does not say. */
  readonly attemptTimeoutMs: number;
}

type NamedTarget = Extract<Target, { kind: 'name' }>;

/**
 * One attempt is one CLIENT span; finding the endpoint is part of it, so that the time of a lookup shows. Each step calls
 * the next: this is the path of every request, and a promise for each step would cost more than the step.
 *
 *   target ──(DNS)──▶ addresses ──circuit breaker──▶ endpoint ──send──▶ settled
 */
export class OutboundAttempt {
  readonly #parts: AttemptParts;
  readonly #call: Call;
  readonly #onEnd: (outcome: AttemptOutcome) => void;
  readonly #span: Span;
  #context: Context | undefined;
  #leave: (() => void) | undefined;
  #reported: ((isSuccess: boolean) => void) | undefined;
  #timeoutMs = 0;

  constructor(
    parts: AttemptParts,
    tracer: Tracer,
    call: Call,
    modeBefore: string | undefined,
    onEnd: (outcome: AttemptOutcome) => void,
  ) {
    this.#parts = parts;
    this.#call = call;
    this.#onEnd = onEnd;
    const { route } = call.found;
    const options = { kind: SpanKind.CLIENT, attributes: routeAttributes(call.callee, route) };
    this.#span = tracer.startSpan(call.spanName, options, call.context);
    sayConfigAge(this.#span, call.found);
    call.describe(this.#span);
    const to = modeOf(call);
    if (modeBefore !== undefined && modeBefore !== to) {
      this.#span.addEvent('routing.mode_changed', { from: modeBefore, to });
    }
  }

  start(): void {
    const { route } = this.#call.found;
    if (route.kind === 'pending') return void this.#end(notReached('no_mapping', route.detail));
    if (route.kind === 'unroutable')
      return void this.#end(notReached(route.errorType, route.detail));
    this.#timeoutMs = route.timeoutMs ?? this.#parts.attemptTimeoutMs;
    const target = byWeight(route.targets, this.#parts.roll());
    if (target) this.#take(target);
    else this.#end(notReached('no_mapping', 'every cluster of the route has weight 0'));
  }

  #take(target: Target): void {
    if (target.kind === 'name') {
      this.#resolve(target);
    } else if (target.behind && target.endpoints.every(this.#parts.outliers.isEjected)) {
      // As gRPC and Envoy do: a list of dead endpoints is no better than an empty one.
      if (target.behind.kind === 'name') this.#span.setAttributes(BY_NAME);
      this.#take(target.behind);
    } else {
      this.#enter(target, target.endpoints);
    }
  }

  #resolve(target: NamedTarget): void {
    const { resolver } = this.#parts;
    const { hostname, port } = target;
    const take = (answer: NonNullable<ReturnType<typeof resolver.kept>>) => {
      if (answer.kind === 'failed') {
        return void this.#end(notReached(answer.errorType, `${hostname}: ${answer.errorType}`));
      }
      this.#enter(
        target,
        answer.addresses.map((address) => ({ address, port, weight: 1 })),
      );
    };
    const kept = resolver.kept(hostname);
    if (kept) take(kept);
    else resolver.resolve(hostname, this.#inside()).then(take).catch(this.#broke);
  }

  #enter(target: Target, endpoints: readonly Endpoint[]): void {
    const { cluster, limits = DEFAULT_LIMITS } = target;
    const { breakers } = this.#parts;
    const isRetry = this.#call.tried.size > 0;
    const entered = breakers.enter(
      cluster,
      limits,
      isRetry,
      this.#call.hasOwnConnection,
      this.#timeoutMs,
    );
    if ('kind' in entered) {
      this.#admitted(entered, target, endpoints);
    } else {
      entered.then((admission) => this.#admitted(admission, target, endpoints)).catch(this.#broke);
    }
  }

  #admitted(admission: Admission, target: Target, endpoints: readonly Endpoint[]): void {
    switch (admission.kind) {
      case 'late': {
        const detail = `no connection of cluster ${target.cluster} was free in ${this.#timeoutMs} ms`;
        return void this.#end(notReached('deadline', detail));
      }
      case 'refused':
        return void this.#overflow(target, admission.limit);
      case 'admitted':
        this.#leave = admission.leave;
        if (reportsLoad(target)) this.#reported = this.#parts.loads.began(target.cluster);
        this.#send(target, endpoints);
    }
  }

  #overflow(target: Target, limit: CircuitLimit): void {
    const { cluster, limits = DEFAULT_LIMITS } = target;
    if (reportsLoad(target)) this.#parts.loads.dropped(cluster);
    const name = LIMIT_NAMES[limit];
    this.#span.setAttribute(ATTR_CIRCUIT_BREAKER_LIMIT, name);
    this.#end(
      notReached('overflow', `cluster ${cluster} is at its limit, ${name} = ${limits[limit]}`),
    );
  }

  #send(target: Target, endpoints: readonly Endpoint[]): void {
    const { callee, tried } = this.#call;
    const { outliers, roll } = this.#parts;
    const panicBelow = target.kind === 'endpoints' ? target.panicBelow : undefined;
    const endpoint =
      pickEndpoint(endpoints, roll(), outliers.isEjected, tried, panicBelow) ??
      pickEndpoint(endpoints, roll(), outliers.isEjected, NONE_TRIED, panicBelow);
    if (!endpoint)
      return void this.#end(
        endpoints.length === 0
          ? notReached('empty_endpoints', `${callee} has no endpoint`)
          : notReached('no_healthy_endpoint', `every endpoint of ${callee} is ejected`),
      );
    tried.add(endpoint);
    this.#span.setAttribute(ATTR_NETWORK_PEER_ADDRESS, endpoint.address);
    this.#span.setAttribute(ATTR_NETWORK_PEER_PORT, endpoint.port);
    this.#call.send(endpoint, this.#inside(), this.#timeoutMs, (result) => {
      this.#judge(result, endpoint, target, endpoints);
      this.#end(result);
    });
  }

  #judge(
    result: AttemptResult,
    endpoint: Endpoint,
    target: Target,
    endpoints: readonly Endpoint[],
  ): void {
    const { outliers } = this.#parts;
    const settings = target.outliers ?? DEFAULT_OUTLIERS;
    const isAnswer = result.kind === 'responded';
    // That a caller gave up says nothing of the endpoint.
    if (!isAnswer && result.errorType === 'cancelled') return;
    if (isAnswer && !(settings.counts5xx && !isSuccess(result))) {
      return void outliers.succeeded(endpoint, settings);
    }
    const ejectionMs = outliers.failed(endpoint, endpoints, settings);
    if (ejectionMs > 0) this.#span.addEvent('outlier.ejected', { ejection_ms: ejectionMs });
  }

  readonly #broke = (error: unknown): void => {
    this.#end(notReached('proxy_error', String(error)));
  };

  #end(outcome: AttemptOutcome): void {
    this.#reported?.(isSuccess(outcome));
    this.#leave?.();
    if (outcome.kind === 'responded') {
      this.#call.finishSpan(this.#span, outcome);
    } else {
      this.#span.setAttribute(ATTR_ERROR_TYPE, outcome.errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
    }
    this.#span.end();
    this.#onEnd(outcome);
  }

  #inside(): Context {
    this.#context ??= inSpan(this.#call.context, this.#span);
    return this.#context;
  }
}

const NONE_TRIED: ReadonlySet<Endpoint> = new Set();

function isSuccess(outcome: AttemptOutcome): boolean {
  if (outcome.kind === 'failed' || outcome.statusCode >= 500) return false;
  return outcome.grpcStatus === undefined || !isServerFault(outcome.grpcStatus);
}

export function modeOf({ found }: Call): string {
  return String(found.route.attributes[ATTR_ROUTING_MODE]);
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

export function notReached(errorType: ErrorType, message: string): Failure {
  return { kind: 'failed', errorType, message, wasSent: false, hasStarted: false };
}
