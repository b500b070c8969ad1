import type { OutgoingRequest } from './forward.ts';
import type { Exchange } from './http1/exchange.ts';

/** The body as bytes when it is declared and small, so that a failed attempt can be repeated. Rejects when it breaks off. */
export async function readBody(exchange: Exchange): Promise<OutgoingRequest['body']> {
  if (exchange.framing.kind === 'none') return undefined;
  return exchange.keepBody() ?? 'streamed';
}
