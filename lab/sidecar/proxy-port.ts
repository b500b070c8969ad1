import type { Server } from 'node:net';
import { DownstreamServer, type HandleExchange } from './http1/downstream.ts';
import { type HandleStream, Http2Way } from './http2/http2-server.ts';
import { failStream } from './http2/stream-span.ts';

/** One port of the proxy. Which protocol a caller speaks, its first bytes tell. */
export interface ProxyPort {
  /** For binding it. */
  readonly socket: Server;
  /** Takes nothing more, answers what was accepted. */
  readonly drain: () => Promise<void>;
}

export function createProxyPort(handle: HandleExchange, handleStream: HandleStream): ProxyPort {
  // A fault of the proxy's own costs the request that met it, and not the others.
  const http2 = new Http2Way((stream, headers) => {
    try {
      if (headers[':method'] === 'CONNECT') {
        const message = 'this proxy forwards requests and opens no tunnel';
        failStream(stream, headers, 501, 'not_a_tunnel', message);
      } else {
        handleStream(stream, headers);
      }
    } catch (error) {
      failStream(stream, headers, 500, 'proxy_error', String(error));
    }
  });
  const server = new DownstreamServer(
    (exchange) => {
      try {
        handle(exchange);
      } catch (error) {
        exchange.fail(500, 'proxy_error', String(error));
      }
    },
    (socket, bytes) => http2.take(socket, bytes),
  );
  return {
    socket: server.socket,
    drain: async () => {
      await Promise.all([server.drain(), http2.drain()]);
    },
  };
}
