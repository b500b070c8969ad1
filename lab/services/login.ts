import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { propagation, ROOT_CONTEXT, SpanKind, type TextMapGetter, trace } from '@opentelemetry/api';
import {
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_RPC_METHOD,
  ATTR_RPC_SERVICE,
  ATTR_RPC_SYSTEM,
} from '#telemetry/attributes.ts';
import {
  LOG_IN_METHOD,
  LOGIN_SERVICE,
  type LogInReply,
  type LogInRequest,
  LoginServiceDefinition,
} from './login-protocol.ts';
import type { ServiceTools } from './sample-service.ts';

export interface LoginSettings {
  readonly address: string;
  readonly grpcPort: number;
  readonly sessionMs: number;
}

const fromMetadata: TextMapGetter<Metadata> = {
  keys: (metadata) => Object.keys(metadata.getMap()),
  get: (metadata, key) => metadata.get(key).map(String),
};

/** Says who a user is. Needs nobody, but must be reached. Resolves when its port is bound. */
export async function startLogin(
  settings: LoginSettings,
  { work }: Pick<ServiceTools, 'work'>,
): Promise<() => Promise<void>> {
  const server = new Server();
  const tracer = trace.getTracer('detour-lab');
  const logIn = async (user: string): Promise<LogInReply> => {
    await work({ medianMs: 5, spread: 0.35 });
    return { user, sessionMs: settings.sessionMs };
  };
  server.addService(LoginServiceDefinition, {
    [LOG_IN_METHOD]: (
      call: ServerUnaryCall<LogInRequest, LogInReply>,
      callback: sendUnaryData<LogInReply>,
    ) => {
      const span = tracer.startSpan(
        `${LOGIN_SERVICE}/${LOG_IN_METHOD}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            [ATTR_RPC_SYSTEM]: 'grpc',
            [ATTR_RPC_SERVICE]: LOGIN_SERVICE,
            [ATTR_RPC_METHOD]: LOG_IN_METHOD,
            [ATTR_RPC_GRPC_STATUS_CODE]: 0,
          },
        },
        propagation.extract(ROOT_CONTEXT, call.metadata, fromMetadata),
      );
      logIn(call.request.user).then(
        (reply) => {
          span.end();
          callback(null, reply);
        },
        (error: unknown) => {
          span.end();
          callback(error instanceof Error ? error : new Error(String(error)));
        },
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(
      `${settings.address}:${settings.grpcPort}`,
      ServerCredentials.createInsecure(),
      (error) => (error ? reject(error) : resolve()),
    );
  });
  return () => new Promise((resolve) => server.tryShutdown(() => resolve()));
}
