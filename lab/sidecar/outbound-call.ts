import type { Context } from '@opentelemetry/api';
import { injectContext } from '#instrumentation/propagation.ts';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_ROUTING_MODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
  ATTR_URL_PATH,
  ATTR_XDS_CONFIG_AGE_MS,
} from '#telemetry/attributes.ts';
import { pathOf, withoutQuery } from './callee.ts';
import type { ErrorType } from './error-type.ts';
import type { AttemptResult, OutgoingRequest } from './forward.ts';
import type { Exchange } from './http1/exchange.ts';
import { forwardedRequest } from './http1/forwarded-head.ts';
import type { RequestHead } from './http1/message-head.ts';
import type { FoundRoute } from './routing.ts';
import type { Endpoint } from './xds-resources.ts';

export type AttemptOutcome =
  | AttemptResult
  | {
      readonly kind: 'failed';
      readonly errorType: ErrorType;
      readonly message: string;
      readonly wasSent: false;
      readonly hasStarted: false;
    };

/** One request of the application, over all its attempts. */
export class OutboundCall {
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
