import { Client, credentials } from '@grpc/grpc-js';
import { Pool } from 'undici';

export type Transport = 'http' | 'grpc';

export interface BodySender {
  /** Sends an ExportTraceServiceRequest on the connection of that number; true when it was acknowledged. */
  readonly send: (connection: number, body: Buffer) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** `url` is http://host:port whatever the transport. */
export function openBodySender(transport: Transport, url: string, connections: number): BodySender {
  return transport === 'grpc' ? openGrpc(url, connections) : openHttp(url, connections);
}

function openHttp(url: string, connections: number): BodySender {
  const pool = new Pool(url, { connections, pipelining: 1 });
  return {
    send: async (_connection, body) => {
      const response = await pool.request({
        method: 'POST',
        path: '/v1/traces',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
      });
      await response.body.dump();
      return response.statusCode === 200;
    },
    close: () => pool.close(),
  };
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

function openGrpc(url: string, connections: number): BodySender {
  const clients = Array.from(
    { length: connections },
    // Otherwise all of them would share one connection.
    () =>
      new Client(new URL(url).host, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      }),
  );
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    send: (connection, body) =>
      new Promise((resolve) => {
        clients[connection]?.makeUnaryRequest(EXPORT, asIs, asIs, body, (error) =>
          resolve(error === null),
        );
      }),
    close: async () => {
      for (const client of clients) client.close();
    },
  };
}
