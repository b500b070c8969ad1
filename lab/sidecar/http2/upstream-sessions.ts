import { type ClientHttp2Session, connect } from 'node:http2';
import type { Endpoint } from '../endpoint.ts';
import { HEAD_LIMIT_BYTES } from '../http1/message-head.ts';

/** Shorter than what our servers keep, so that the client is the one to close. */
const IDLE_MS = 30_000;

/** One HTTP/2 connection to each endpoint, made when it is needed; it carries all streams there. */
export class UpstreamSessions {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  of({ address, port }: Pick<Endpoint, 'address' | 'port'>): ClientHttp2Session {
    const origin = `http://${address}:${port}`;
    const known = this.#sessions.get(origin);
    if (known && !known.closed && !known.destroyed) return known;
    const session = connect(origin, { settings: { maxHeaderListSize: HEAD_LIMIT_BYTES } });
    // Each stream under way listens to it.
    session.setMaxListeners(0);
    this.#sessions.set(origin, session);
    const forget = () => {
      if (this.#sessions.get(origin) === session) this.#sessions.delete(origin);
    };
    session.on('error', forget);
    session.on('goaway', forget);
    session.on('close', forget);
    // Streams under way go on to their end.
    session.setTimeout(IDLE_MS, () => session.close());
    return session;
  }

  close(): void {
    for (const session of this.#sessions.values()) session.destroy();
    this.#sessions.clear();
  }
}
