import type { Attributes, Context, Span } from '@opentelemetry/api';
import { traceLines } from '#instrumentation/propagation.ts';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_ROUTING_MODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
  ATTR_URL_PATH,
  ATTR_XDS_CONFIG_AGE_MS,
} from '#telemetry/attributes.ts';
import { pathOf, withoutQuery } from './callee.ts';
import type { Endpoint } from './endpoint.ts';
import type { ErrorType } from './error-type.ts';
import { type AttemptResult, forward, type OutgoingRequest } from './forward.ts';
import type { Exchange } from './http1/exchange.ts';
import { forwardedRequest } from './http1/forwarded-head.ts';
import type { UpstreamPools } from './http1/upstream-pools.ts';
import type { Route } from './route-table.ts';
import type { FoundRoute } from './routing.ts';

export type AttemptOutcome =
  | AttemptResult
  | {
      readonly kind: 'failed';
      readonly errorType: ErrorType;
      readonly message: string;
      readonly wasSent: false;
      readonly hasStarted: false;
    };

export type Failure = Extract<AttemptOutcome, { kind: 'failed' }>;

/** One request of the application over all its attempts, whichever protocol it speaks. */
export interface Call {
  readonly callee: string;
  readonly found: FoundRoute;
  /** Inside the server span. */
  readonly context: Context;
  readonly tried: Set<Endpoint>;
  readonly spanName: string;
  /** While it is under way nothing else goes over its connection: so in HTTP/1.1. */
  readonly hasOwnConnection: boolean;
  /** What the request is, on the span of an attempt. */
  readonly describe: (span: Span) => void;
  /** `settle` is called once, when the attempt has ended. */
  readonly send: (
    endpoint: Endpoint,
    attempt: Context,
    timeoutMs: number,
    settle: (result: AttemptResult) => void,
  ) => void;
  /** Of an attempt that was answered: what the answer says. */
  readonly finishSpan: (span: Span, answer: Extract<AttemptOutcome, { kind: 'responded' }>) => void;
  readonly mayRepeat: (outcome: AttemptOutcome) => boolean;
}

const shared = new WeakMap<Route, { readonly callee: string; readonly attributes: Attributes }>();

/** What all requests to `callee` on this route say of it: frozen, so that it has to be encoded once only. */
export function routeAttributes(callee: string, route: Route): Attributes {
  const known = shared.get(route);
  if (known?.callee === callee) return known.attributes;
  const attributes = Object.freeze({
    ...route.attributes,
    [ATTR_SERVICE_PEER_NAME]: callee,
    [ATTR_SERVER_ADDRESS]: callee,
  });
  shared.set(route, { callee, attributes });
  return attributes;
}

/** How old the configuration is matters where it routed the request. */
export function sayConfigAge(span: Span, { route, configAgeMs }: FoundRoute): void {
  if (configAgeMs === undefined || route.attributes[ATTR_ROUTING_MODE] !== 'xds') return;
  span.setAttribute(ATTR_XDS_CONFIG_AGE_MS, configAgeMs);
}

/** A request of HTTP/1.1. */
export class OutboundCall implements Call {
  readonly callee: string;
  readonly found: FoundRoute;
  readonly context: Context;
  readonly tried = new Set<Endpoint>();
  readonly hasOwnConnection = true;
  readonly finishSpan: Call['finishSpan'];
  readonly #exchange: Exchange;
  readonly #pools: UpstreamPools;
  readonly #path: string;
  readonly #body: OutgoingRequest['body'];

  constructor(
    callee: string,
    exchange: Exchange,
    body: OutgoingRequest['body'],
    found: FoundRoute,
    parent: Context,
    pools: UpstreamPools,
    finishSpan: Call['finishSpan'],
  ) {
    this.callee = callee;
    this.found = found;
    this.context = parent;
    this.finishSpan = finishSpan;
    this.#exchange = exchange;
    this.#pools = pools;
    this.#path = pathOf(exchange.head.target);
    this.#body = body;
  }

  get spanName(): string {
    return this.#exchange.head.method;
  }

  describe(span: Span): void {
    span.setAttribute(ATTR_HTTP_REQUEST_METHOD, this.#exchange.head.method);
    span.setAttribute(ATTR_URL_PATH, withoutQuery(this.#path));
  }

  send(
    endpoint: Endpoint,
    attempt: Context,
    timeoutMs: number,
    settle: (result: AttemptResult) => void,
  ): void {
    const { head, framing } = this.#exchange;
    const outgoing = {
      head: forwardedRequest(head, this.#path, this.callee, framing, traceLines(attempt)),
      method: head.method,
      body: this.#body,
    };
    forward(this.#pools, endpoint, outgoing, this.#exchange, timeoutMs, settle);
  }

  /** A request that was never sent may go again; one that may have been processed only if it changes nothing. */
  mayRepeat(outcome: AttemptOutcome): boolean {
    if (outcome.kind !== 'failed' || outcome.errorType !== 'connect_refused') return false;
    if (outcome.hasStarted || this.#exchange.isOver) return false;
    const { method } = this.#exchange.head;
    const isReplayable = this.#body !== 'streamed';
    const isIdempotent = method === 'GET' || method === 'HEAD';
    return isReplayable && (!outcome.wasSent || isIdempotent);
  }
}
