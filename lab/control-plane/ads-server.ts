import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { AdsStream, type AnyAdsStream } from '#lab/control-plane/ads-stream.ts';
import { clientStatusService } from '#lab/control-plane/client-status.ts';
import { DeltaSubscription } from '#lab/control-plane/delta-subscription.ts';
import { ResponseEncoder } from '#lab/control-plane/encode-response.ts';
import { LoadReports } from '#lab/control-plane/load-reports.ts';
import type { PushLog } from '#lab/control-plane/push-log.ts';
import { SotwSubscription } from '#lab/control-plane/sotw-subscription.ts';
import type {
  AdsRequest,
  AdsSource,
  Dialect,
  FailureCode,
} from '#lab/control-plane/stream-ports.ts';
import type { DeltaDiscoveryRequest, DiscoveryRequest } from '#lab/xds/discovery.ts';
import { ADS, CSDS, LRS } from '#lab/xds/services.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

/** Far beyond any lab; a runaway client must not take the memory of the machine. */
const STREAM_LIMIT = 20_000;
/** Ended streams need a moment to say so; after it the connections go. */
const DRAIN_LIMIT_MS = 200;
const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  // Longer than a busy machine may let a client wait: a live client that is cut off comes back and costs more.
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc-node.max_session_memory': 64,
  'grpc.enable_channelz': 0,
};

/** The gRPC face of the control plane: streams come and go here, and what they are told is decided elsewhere. */
export class AdsServer {
  readonly loads = new LoadReports();
  readonly #server: Server;
  readonly #streams = new Set<AnyAdsStream>();
  readonly #source: AdsSource;
  readonly #log: PushLog;
  readonly #encoder = new ResponseEncoder();
  readonly #identifier: string;
  #heartbeat: { readonly ttlSeconds: number; readonly timer: NodeJS.Timeout } | undefined;
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
      DeltaAggregatedResources: (call: ServerDuplexStream<DeltaDiscoveryRequest, Buffer>) =>
        this.#open(call, this.#delta()),
    });
    this.#server.addService(
      CSDS,
      clientStatusService(() => this.#streams),
    );
    this.#server.addService(LRS, this.loads.service());
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
    this.#beat();
    for (const stream of this.#streams) guarded(stream, () => stream.pushDue());
  }

  /** Takes no more connections and ends all streams with UNAVAILABLE, which tells clients to come back (gRFC A54). */
  close(): void {
    clearInterval(this.#heartbeat?.timer);
    const force = setTimeout(() => this.#server.forceShutdown(), DRAIN_LIMIT_MS);
    this.#server.tryShutdown(() => clearTimeout(force));
    for (const stream of this.#streams)
      stream.fail('UNAVAILABLE', 'the control plane is going down');
  }

  /** Keeps a beat of a third of the shortest time to live: two may be lost before anything is forgotten. */
  #beat(): void {
    const ttls = XDS_TYPES.flatMap((type) => this.#source.ttlSeconds(type) ?? []);
    const ttlSeconds = ttls.length === 0 ? undefined : Math.min(...ttls);
    if (this.#heartbeat?.ttlSeconds === ttlSeconds) return;
    clearInterval(this.#heartbeat?.timer);
    this.#heartbeat = undefined;
    if (ttlSeconds === undefined) return;
    const beat = () => {
      for (const stream of this.#streams) stream.pushHeartbeats();
    };
    this.#heartbeat = { ttlSeconds, timer: setInterval(beat, (ttlSeconds * 1000) / 3) };
  }

  #sotw(): Dialect<DiscoveryRequest> {
    return {
      name: 'sotw',
      subscribe: (type) => new SotwSubscription(type),
      encode: (type, answer, nonce, ttl) =>
        this.#encoder.sotw({ type, identifier: this.#identifier, ...answer, ...ttl }, nonce),
      ttlFeature: 'xds.config.supports-resource-in-sotw',
    };
  }

  #delta(): Dialect<DeltaDiscoveryRequest> {
    return {
      name: 'delta',
      subscribe: (type) => new DeltaSubscription(type),
      encode: (type, answer, nonce, ttl) =>
        this.#encoder.delta({ type, identifier: this.#identifier, ...answer, ...ttl }, nonce),
      ttlFeature: 'xds.config.supports-resource-ttl',
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
    call.on('data', (request: Request) => guarded(stream, () => stream.receive(request)));
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
  code: FailureCode,
  details: string,
): void {
  call.emit('error', { code: status[code], details });
}

/** What one client asks for, however odd, ends its own stream at worst. */
function guarded(stream: Pick<AnyAdsStream, 'fail'>, act: () => void): void {
  try {
    act();
  } catch (error) {
    stream.fail('INTERNAL', error instanceof Error ? error.message : String(error));
  }
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
