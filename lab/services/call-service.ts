import { type Context, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { Pool } from 'undici';
import { injectContext } from '#instrumentation/propagation.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
} from '#telemetry/attributes.ts';

export interface ServiceReply {
  readonly status: number;
  readonly body: unknown;
}

/** GET `path` of `service`, under the trace context of the request being served. Never rejects. */
export type CallService = (service: string, path: string, parent: Context) => Promise<ServiceReply>;

/** Longer than the proxy's attempts together, so that the proxy is the one to give up. */
const TIMEOUT_MS = 4000;
const BODY_LIMIT_BYTES = 1_000_000;

/** Calls through the proxy beside the application: it gets the name, and it alone knows addresses. */
export class SidecarCaller {
  readonly #pool: Pool;
  readonly #address: string;
  readonly #port: number;
  readonly #tracer: Tracer = trace.getTracer('detour-lab');

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
    this.#pool = new Pool(`http://${address}:${port}`, {
      connections: 64,
      keepAliveTimeout: 30_000,
      maxResponseSize: BODY_LIMIT_BYTES,
    });
  }

  readonly call: CallService = async (service, path, parent) => {
    const span = this.#tracer.startSpan(
      'GET',
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [ATTR_HTTP_REQUEST_METHOD]: 'GET',
          [ATTR_URL_PATH]: path.split('?', 1)[0] ?? path,
          [ATTR_SERVER_ADDRESS]: this.#address,
          [ATTR_SERVER_PORT]: this.#port,
          [ATTR_NETWORK_PEER_ADDRESS]: this.#address,
          [ATTR_NETWORK_PEER_PORT]: this.#port,
        },
      },
      parent,
    );
    const headers: Record<string, string> = { host: service };
    injectContext(trace.setSpan(parent, span), headers);
    const reply = await this.#send(path, headers);
    span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, reply.status);
    if (reply.status >= 500) {
      span.setAttribute(ATTR_ERROR_TYPE, String(reply.status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
    return reply;
  };

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #send(path: string, headers: Record<string, string>): Promise<ServiceReply> {
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        headers,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { status: statusCode, body: await body.json() };
    } catch (error) {
      // No proxy is the same to a caller as no service.
      return { status: 503, body: { error: 'sidecar', message: String(error) } };
    }
  }
}
