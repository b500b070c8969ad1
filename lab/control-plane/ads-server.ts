import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import {
  type AdsRequest,
  type AdsSource,
  AdsStream,
  type Dialect,
} from '#lab/control-plane/ads-stream.ts';
import { ResponseEncoder } from '#lab/control-plane/encode-response.ts';
import type { PushLog } from '#lab/control-plane/push-log.ts';
import { SotwSubscription } from '#lab/control-plane/sotw-subscription.ts';
import type { DiscoveryRequest } from '#lab/xds/discovery.ts';
import { ADS } from '#lab/xds/services.ts';

export type AnyAdsStream = Omit<AdsStream<AdsRequest>, 'receive'>;

/** Far beyond any lab; a runaway client must not take the memory of the machine. */
const STREAM_LIMIT = 20_000;
const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc-node.max_session_memory': 64,
  'grpc.enable_channelz': 0,
};

/** The gRPC face of the control plane: streams come and go here, and what they are told is decided elsewhere. */
export class AdsServer {
  readonly #server: Server;
  readonly #streams = new Set<AnyAdsStream>();
  readonly #source: AdsSource;
  readonly #log: PushLog;
  readonly #encoder = new ResponseEncoder();
  readonly #identifier: string;
  #lastId = 0;

  constructor(options: {
    readonly source: AdsSource;
    readonly log: PushLog;
    readonly identifier: string;
  }) {
    this.#source = options.source;
    this.#log = options.log;
    this.#identifier = options.identifier;
    this.#server = new Server(KEEPALIVE);
    this.#server.addService(withRawResponses(ADS), {
      StreamAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest, Buffer>) =>
        this.#open(call, this.#sotw()),
      DeltaAggregatedResources: (call: ServerDuplexStream<DiscoveryRequest, Buffer>) =>
        call.emit('error', { code: status.UNIMPLEMENTED, details: 'delta is not served' }),
    });
  }

  get streams(): ReadonlySet<AnyAdsStream> {
    return this.#streams;
  }

  /** Resolves with the port that was bound. Rejects with EADDRINUSE when it is taken. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(
        `${host}:${port}`,
        ServerCredentials.createInsecure(),
        (error, bound) => {
          if (error === null) resolve(bound);
          // grpc-js folds the cause into its message.
          else if (!error.message.includes('EADDRINUSE')) reject(error);
          else reject(Object.assign(error, { code: 'EADDRINUSE', address: host, port }));
        },
      );
    });
  }

  /** Sends every stream what has become due. */
  pushDue(): void {
    for (const stream of this.#streams) stream.pushDue();
  }

  /** Ends all streams with UNAVAILABLE, as a server does that goes down for maintenance. */
  close(): void {
    this.#server.forceShutdown();
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  #sotw(): Dialect<DiscoveryRequest> {
    return {
      name: 'sotw',
      subscribe: (type) => new SotwSubscription(type),
      encode: (type, answer, nonce) =>
        this.#encoder.sotw({ type, identifier: this.#identifier, ...answer }, nonce),
    };
  }

  #open<Request extends AdsRequest>(
    call: ServerDuplexStream<Request, Buffer>,
    dialect: Dialect<Request>,
  ): void {
    if (this.#streams.size >= STREAM_LIMIT)
      return void fail(call, 'RESOURCE_EXHAUSTED', 'too many streams');
    this.#lastId += 1;
    const stream = new AdsStream<Request>({
      id: this.#lastId,
      peer: call.getPeer(),
      openedUnixMs: Date.now(),
      dialect,
      source: this.#source,
      log: this.#log,
      wire: {
        write: (response, onFlushed) => call.write(response, onFlushed),
        fail: (code, details) => fail(call, code, details),
      },
    });
    this.#streams.add(stream);
    const gone = () => {
      this.#streams.delete(stream);
      stream.close();
    };
    call.on('data', (request: Request) => stream.receive(request));
    call.on('end', () => {
      gone();
      call.end();
    });
    call.on('cancelled', gone);
    call.on('close', gone);
    call.on('error', gone);
  }
}

function fail(
  call: Pick<ServerDuplexStream<unknown, unknown>, 'emit'>,
  code: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED',
  details: string,
): void {
  call.emit('error', { code: status[code], details });
}

/** Responses are encoded before they reach the stream (`encode-response.ts`). */
function withRawResponses(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      { ...method, responseSerialize: (response: Buffer) => response },
    ]),
  );
}
