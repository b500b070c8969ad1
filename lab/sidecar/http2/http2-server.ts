import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { HEAD_LIMIT_BYTES } from '../http1/message-head.ts';

export type HandleStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Streams of one connection at a time; a caller with more opens another. */
const STREAM_LIMIT = 1000;
const DRAIN_LIMIT_MS = 3000;

/** HTTP/2 by prior knowledge (RFC 9113 §3.3), on connections that another server accepted. */
export class Http2Way {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(handle: HandleStream) {
    this.#server = createServer({
      settings: { maxConcurrentStreams: STREAM_LIMIT, maxHeaderListSize: HEAD_LIMIT_BYTES },
    });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      session.on('error', () => session.destroy());
    });
    this.#server.on('stream', (stream, headers) => {
      // What went wrong, its reset code tells when it closes.
      stream.on('error', () => undefined);
      handle(stream, headers);
    });
  }

  /** `bytes` is what was read of it. */
  take(socket: Socket, bytes: Buffer): void {
    socket.allowHalfOpen = false;
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  /** Takes no more streams, and resolves when those under way have ended. */
  async drain(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => close(session)));
  }
}

function close(session: ServerHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => session.destroy(), DRAIN_LIMIT_MS);
    session.once('close', () => {
      clearTimeout(limit);
      resolve();
    });
    session.close();
  });
}
