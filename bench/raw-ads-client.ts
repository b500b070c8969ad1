import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { encodeMessage } from '#lab/xds/protos.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

const PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const REQUEST = 'envoy.service.discovery.v3.DiscoveryRequest';
/** Compression flag and length (gRPC over HTTP/2). */
const FRAME_BYTES = 5;
const FIELD = { version: 1, typeUrl: 4, nonce: 5 } as const;

/** What a sidecar of the lab subscribes to. */
const NAMES: Readonly<Record<XdsType, readonly string[]>> = {
  CDS: ['song'],
  EDS: ['song'],
  LDS: ['song'],
  RDS: ['song-route'],
};
const ACKS = Object.fromEntries(
  XDS_TYPES.map((type) => [TYPE_URL[type], encodeRequest({ type, names: NAMES[type] })]),
);

/**
 * An ADS client as lean as one can be: its own connection, frames by hand, and of a response it reads three fields. So the
 * bench measures the server, and not a thousand full clients that share its machine.
 */
export class RawAdsClient {
  readonly #address: string;
  readonly #onLost: (reason: string) => void;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #pending = Buffer.alloc(0);
  readonly #seen = new Set<string>();
  #isClosing = false;

  /** `onLost` is told when the connection or its stream ends though nobody here closed it, with what is known of why. */
  constructor(address: string, onLost: (reason: string) => void) {
    this.#address = address;
    this.#onLost = onLost;
  }

  /** Connects, opens the stream and subscribes; resolves when every type was answered once. */
  subscribe(id: string): Promise<void> {
    this.#open();
    return new Promise((resolve) => {
      this.#stream?.on('data', (chunk: Buffer) => this.#take(chunk, resolve));
      for (const type of XDS_TYPES) this.#write(encodeRequest({ type, names: NAMES[type], id }));
    });
  }

  /** Connects, opens the stream and, once it was answered, answers every message, whatever it is; resolves then. */
  echo(): Promise<void> {
    this.#open();
    return new Promise((resolve) => {
      this.#stream?.once('data', () => {
        resolve();
        this.#stream?.on('data', () => this.#write(ACKS[TYPE_URL.EDS] ?? Buffer.alloc(0)));
      });
      this.#write(Buffer.alloc(0));
    });
  }

  close(): void {
    this.#isClosing = true;
    this.#session?.destroy();
  }

  #open(): void {
    let reason = 'no reason given';
    const lost = (what: string) => {
      if (!this.#isClosing) this.#onLost(`${what}: ${reason}`);
    };
    this.#session = connect(`http://${this.#address}`);
    this.#session.on('error', (error) => {
      reason = error.message;
    });
    this.#session.on('goaway', (code) => {
      reason = `GOAWAY ${code}`;
    });
    this.#session.on('close', () => lost('connection'));
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': PATH,
      te: 'trailers',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    stream.on('close', () => lost(`stream, reset code ${stream.rstCode}`));
    this.#stream = stream;
  }

  #take(chunk: Buffer, onComplete: () => void): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= FRAME_BYTES) {
      const end = FRAME_BYTES + this.#pending.readUInt32BE(1);
      if (this.#pending.length < end) return;
      this.#answer(this.#pending.subarray(FRAME_BYTES, end), onComplete);
      this.#pending = this.#pending.subarray(end);
    }
  }

  #answer(message: Buffer, onComplete: () => void): void {
    const fields = readFields(message);
    const typeUrl = fields.get(FIELD.typeUrl)?.toString() ?? '';
    const version = fields.get(FIELD.version) ?? Buffer.alloc(0);
    const nonce = fields.get(FIELD.nonce) ?? Buffer.alloc(0);
    this.#write(
      Buffer.concat([
        ACKS[typeUrl] ?? Buffer.alloc(0),
        Buffer.from([(FIELD.version << 3) | 2, version.length]),
        version,
        Buffer.from([(FIELD.nonce << 3) | 2, nonce.length]),
        nonce,
      ]),
    );
    this.#seen.add(typeUrl);
    if (this.#seen.size === XDS_TYPES.length) onComplete();
  }

  #write(message: Buffer): void {
    const frame = Buffer.alloc(FRAME_BYTES + message.length);
    frame.writeUInt32BE(message.length, 1);
    message.copy(frame, FRAME_BYTES);
    this.#stream?.write(frame);
  }
}

function encodeRequest(request: {
  readonly type: XdsType;
  readonly names: readonly string[];
  readonly id?: string;
}): Buffer {
  return Buffer.from(
    encodeMessage(REQUEST, {
      type_url: TYPE_URL[request.type],
      resource_names: request.names,
      ...(request.id === undefined ? {} : { node: { id: request.id, cluster: 'bench' } }),
    }),
  );
}

/** The length-delimited fields of a message; all that a discovery response has. */
function readFields(message: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  while (at < message.length) {
    const field = (message[at] ?? 0) >> 3;
    at += 1;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at] ?? 0;
      at += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    fields.set(field, message.subarray(at, at + length));
    at += length;
  }
  return fields;
}
