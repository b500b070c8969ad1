import {
  type ChannelOptions,
  type Client,
  connectivityState,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import {
  type Attributes,
  type Context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_GRPC_TARGET,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_ROUTING_MODE,
  ATTR_ROUTING_SOURCE,
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_RPC_METHOD,
  ATTR_RPC_SERVICE,
  ATTR_RPC_SYSTEM,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
} from '#telemetry/attributes.ts';
import {
  LOG_IN_METHOD,
  LOGIN_SERVICE,
  type LogInReply,
  type LogInRequest,
  LoginServiceDefinition,
} from './login-protocol.ts';

export interface LoginTargets {
  readonly xds: string;
  /** With the authority of the name server to ask: `dns://127.0.9.1:5354/login.lab:9090`. */
  readonly dns: string;
}

export type LoginMode = keyof LoginTargets;

type LoginAnswer =
  | { readonly kind: 'ok'; readonly sessionMs: number }
  | { readonly kind: 'failed'; readonly message: string };

interface LoginStub extends Client {
  LogIn(
    request: LogInRequest,
    metadata: Metadata,
    options: { readonly deadline: number },
    callback: (error: ServiceError | null, reply?: LogInReply) => void,
  ): { getPeer(): string };
}

const DEADLINE_MS = 1000;
const LoginStubConstructor = makeGenericClientConstructor(
  LoginServiceDefinition,
  LOGIN_SERVICE,
) as unknown as new (
  target: string,
  creds: ReturnType<typeof credentials.createInsecure>,
  options: ChannelOptions,
) => LoginStub;

/**
 * Calls `login` by gRPC without a proxy: the library is the xDS client. Either channel is opened when it is first wanted
 * and then kept, as a service that has both configured would: going back to xDS goes back to the same channel, with all
 * that its library remembers. Only `fresh` opens a new one.
 */
export class LoginClient {
  readonly #targets: LoginTargets;
  readonly #xdsFacts: () => Attributes;
  readonly #now: () => number;
  readonly #stubs = new Map<LoginMode, LoginStub>();
  #mode: LoginMode = 'xds';

  /** `xdsFacts` are what this process's xDS client holds at the moment, for the spans of calls that it routes. */
  constructor(targets: LoginTargets, xdsFacts: () => Attributes, now: () => number) {
    register();
    this.#targets = targets;
    this.#xdsFacts = xdsFacts;
    this.#now = now;
    // Connects now: the first login should not wait for the control plane.
    this.#stub().getChannel().getConnectivityState(true);
  }

  /** A call would go out at once. */
  isReady(): boolean {
    return this.#stub().getChannel().getConnectivityState(true) === connectivityState.READY;
  }

  /** The next call goes the new way; calls under way end where they are. */
  switchMode(mode: LoginMode, fresh: boolean): void {
    if (fresh) {
      this.#stubs.get(mode)?.close();
      this.#stubs.delete(mode);
    }
    this.#mode = mode;
    this.#stub();
  }

  state(): { readonly mode: LoginMode; readonly target: string; readonly channels: number } {
    return { mode: this.#mode, target: this.#targets[this.#mode], channels: this.#stubs.size };
  }

  logIn(user: string, parent: Context): Promise<LoginAnswer> {
    const span = startSpan(this.#targets[this.#mode], this.#routing(), parent);
    const metadata = new Metadata();
    propagation.inject(trace.setSpan(parent, span), metadata, {
      set: (carrier, key, value) => carrier.set(key, value),
    });
    const deadline = this.#now() + DEADLINE_MS;
    return new Promise((resolve) => {
      const call = this.#stub().LogIn({ user }, metadata, { deadline }, (error, reply) => {
        notePeer(span, call.getPeer());
        noteStatus(span, error);
        span.end();
        resolve(
          reply
            ? { kind: 'ok', sessionMs: reply.sessionMs }
            : { kind: 'failed', message: error?.message ?? 'no reply' },
        );
      });
    });
  }

  close(): void {
    for (const stub of this.#stubs.values()) stub.close();
  }

  #routing(): Attributes {
    return this.#mode === 'dns'
      ? { [ATTR_ROUTING_MODE]: 'dns', [ATTR_ROUTING_SOURCE]: 'resolver' }
      : { [ATTR_ROUTING_MODE]: 'xds', ...this.#xdsFacts() };
  }

  #stub(): LoginStub {
    const known = this.#stubs.get(this.#mode);
    if (known) return known;
    const stub = new LoginStubConstructor(this.#targets[this.#mode], credentials.createInsecure(), {
      // grpc-js asks a name again after a lost connection only, and then at most this often (default 30 s).
      'grpc.dns_min_time_between_resolutions_ms': 1000,
      // One TXT query less per lookup.
      'grpc.service_config_disable_resolution': 1,
    });
    this.#stubs.set(this.#mode, stub);
    return stub;
  }
}

function startSpan(target: string, routing: Attributes, parent: Context): Span {
  return trace.getTracer('detour-lab').startSpan(
    `${LOGIN_SERVICE}/${LOG_IN_METHOD}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR_RPC_SYSTEM]: 'grpc',
        [ATTR_RPC_SERVICE]: LOGIN_SERVICE,
        [ATTR_RPC_METHOD]: LOG_IN_METHOD,
        [ATTR_GRPC_TARGET]: target,
        [ATTR_SERVICE_PEER_NAME]: 'login',
        [ATTR_SERVER_ADDRESS]: 'login',
        ...routing,
      },
    },
    parent,
  );
}

/** gRPC names the peer `address:port` once it has one, and the target before. */
function notePeer(span: Span, peer: string): void {
  const match = /^(\d+\.\d+\.\d+\.\d+):(\d+)$/.exec(peer);
  if (!match) return;
  span.setAttribute(ATTR_NETWORK_PEER_ADDRESS, match[1] ?? '');
  span.setAttribute(ATTR_NETWORK_PEER_PORT, Number(match[2]));
}

function noteStatus(span: Span, error: ServiceError | null): void {
  span.setAttribute(ATTR_RPC_GRPC_STATUS_CODE, error?.code ?? status.OK);
  if (!error) return;
  span.setAttribute(ATTR_ERROR_TYPE, status[error.code] ?? String(error.code));
  span.setStatus({
    code: SpanStatusCode.ERROR,
    message: `${status[error.code] ?? error.code}: ${error.details}`,
  });
}
