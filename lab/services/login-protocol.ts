import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

export interface LogInRequest {
  readonly user: string;
}
export interface LogInReply {
  readonly user: string;
  /** How long the session that the gateway opens may last. */
  readonly sessionMs: number;
}

export const LOGIN_SERVICE = 'lab.login.v1.LoginService';
export const LOG_IN_METHOD = 'LogIn';

/** The .proto of the login service, as protobufjs writes it in JSON. */
const definitions = fromJSON({
  nested: {
    lab: {
      nested: {
        login: {
          nested: {
            v1: {
              nested: {
                LogInRequest: { fields: { user: { type: 'string', id: 1 } } },
                LogInReply: {
                  fields: {
                    user: { type: 'string', id: 1 },
                    sessionMs: { type: 'uint32', id: 2 },
                  },
                },
                LoginService: {
                  methods: {
                    LogIn: { requestType: 'LogInRequest', responseType: 'LogInReply', comment: '' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
});

export const LoginServiceDefinition = definitions[LOGIN_SERVICE] as unknown as ServiceDefinition;
