import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';

const toJson = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const fromJson = (bytes: Buffer): object => JSON.parse(bytes.toString('utf8')) as object;

/** A service without a proto file: its messages are JSON. */
export const ECHO: ServiceDefinition = {
  Hello: {
    path: '/lab.Echo/Hello',
    requestStream: false,
    responseStream: false,
    requestSerialize: toJson,
    requestDeserialize: fromJson,
    responseSerialize: toJson,
    responseDeserialize: fromJson,
  },
};

/** A gRPC server that answers with its own address. */
export async function startEchoBackend(address: string): Promise<{ readonly kill: () => void }> {
  const server = new Server();
  server.addService(ECHO, {
    Hello: (_call: unknown, callback: (error: null, value: object) => void) =>
      callback(null, { from: address }),
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return { kill: () => server.forceShutdown() };
}
