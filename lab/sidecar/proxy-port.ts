import type { Server } from 'node:net';
import { DownstreamServer, type HandleExchange } from './http1/downstream.ts';
import { type HandleStream, Http2Way } from './http2/http2-server.ts';

/** One port of the proxy. Which protocol a caller speaks, its first bytes tell. */
export interface ProxyPort {
  /** For binding it. */
  readonly socket: Server;
  /** Takes nothing more, answers what was accepted. */
  readonly drain: () => Promise<void>;
}

export function createProxyPort(handle: HandleExchange, handleStream: HandleStream): ProxyPort {
  const http2 = new Http2Way(handleStream);
  const server = new DownstreamServer(handle, (socket, bytes) => http2.take(socket, bytes));
  return {
    socket: server.socket,
    drain: async () => {
      await Promise.all([server.drain(), http2.drain()]);
    },
  };
}
