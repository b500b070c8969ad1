import {
  Client,
  type ClientReadableStream,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';

interface Message {
  readonly text?: string;
  readonly count?: number;
}
type Method = MethodDefinition<Message, Message>;

const toJson = (value: Message): Buffer => Buffer.from(JSON.stringify(value));
const fromJson = (bytes: Buffer): Message => JSON.parse(bytes.toString('utf8')) as Message;

function method(name: string, requestStream: boolean, responseStream: boolean): Method {
  return {
    path: `/lab.Song/${name}`,
    requestStream,
    responseStream,
    requestSerialize: toJson,
    requestDeserialize: fromJson,
    responseSerialize: toJson,
    responseDeserialize: fromJson,
  };
}

/** A service without a proto file, one method of each kind; its messages are JSON. */
export const SONG = {
  Echo: method('Echo', false, false),
  Fail: method('Fail', false, false),
  Hang: method('Hang', false, false),
  Count: method('Count', false, true),
  Join: method('Join', true, false),
  Chat: method('Chat', true, true),
};

/** A gRPC application. `Count` sends `count` numbers; one that goes on for ever when there is none. */
export async function startSongService(address: string) {
  const cancelled: string[] = [];
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(SONG as unknown as ServiceDefinition, {
    Echo: (call: ServerUnaryCall<Message, Message>, answer: sendUnaryData<Message>) =>
      answer(null, call.request),
    Fail: (_call: unknown, answer: sendUnaryData<Message>) =>
      answer({ code: status.FAILED_PRECONDITION, details: 'größer' }),
    Hang: (call: ServerUnaryCall<Message, Message>) => {
      call.on('cancelled', () => cancelled.push('Hang'));
    },
    Count: (call: ServerWritableStream<Message, Message>) => {
      call.on('cancelled', () => cancelled.push('Count'));
      const { count } = call.request;
      for (let n = 0; n < (count ?? 1); n++) call.write({ count: n });
      if (count !== undefined) call.end();
    },
    Join: (call: ServerReadableStream<Message, Message>, answer: sendUnaryData<Message>) => {
      let text = '';
      call.on('data', (message: Message) => {
        text += message.text ?? '';
      });
      call.on('end', () => answer(null, { text, count: text.length }));
    },
    Chat: (call: ServerDuplexStream<Message, Message>) => {
      call.on('data', (message: Message) => call.write({ text: `re: ${message.text}` }));
      call.on('end', () => call.end());
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return { cancelled, kill: () => server.forceShutdown() };
}

export interface RpcAnswer {
  readonly code: number;
  readonly details: string;
  readonly value: Message | undefined;
  /** `x-detour-error` of the proxy's own answer. */
  readonly proxyError: string | undefined;
}

/** A gRPC client of the service `song`, through the outbound port of a sidecar. */
export class SongClient {
  readonly #client: Client;

  constructor(outbound: string) {
    this.#client = new Client(outbound, credentials.createInsecure(), {
      'grpc.default_authority': 'song',
      'grpc.max_receive_message_length': -1,
      // What fails is to be seen, not tried again.
      'grpc.enable_retries': 0,
    });
  }

  unary(called: Method, message: Message, deadlineMs?: number): Promise<RpcAnswer> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        called.path,
        called.requestSerialize,
        called.responseDeserialize,
        message,
        deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
        (error, value) => resolve(toAnswer(error, value)),
      );
    });
  }

  count(message: Message): ClientReadableStream<Message> {
    const { path, requestSerialize, responseDeserialize } = SONG.Count;
    return this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
    );
  }

  join(texts: readonly string[]): Promise<RpcAnswer> {
    return new Promise((resolve) => {
      const { path, requestSerialize, responseDeserialize } = SONG.Join;
      const call = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        (error, value) => resolve(toAnswer(error, value)),
      );
      for (const text of texts) call.write({ text });
      call.end();
    });
  }

  chat() {
    const { path, requestSerialize, responseDeserialize } = SONG.Chat;
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  }

  close(): void {
    this.#client.close();
  }
}

function toAnswer(error: ServiceError | null, value: Message | undefined): RpcAnswer {
  const told = error?.metadata?.get('x-detour-error')[0];
  return {
    code: error?.code ?? status.OK,
    details: error?.details ?? '',
    value,
    proxyError: told === undefined ? undefined : String(told),
  };
}
