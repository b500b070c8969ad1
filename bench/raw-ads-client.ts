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
  readonly #session: ClientHttp2Session;
  #stream: ClientHttp2Stream | undefined;
  #pending = Buffer.alloc(0);
  readonly #seen = new Set<string>();

  constructor(address: string) {
    this.#session = connect(`http://${address}`);
    this.#session.on('error', () => undefined);
  }

  /** Opens the stream and subscribes; resolves when every type was answered once. */
  subscribe(id: string): Promise<void> {
    this.#open();
    return new Promise((resolve, reject) => {
      this.#session.on('error', reject);
      this.#stream?.on('close', () => reject(new Error(`the stream of ${id} was closed`)));
      this.#stream?.on('data', (chunk: Buffer) => this.#take(chunk, resolve));
      for (const type of XDS_TYPES) this.#write(encodeRequest({ type, names: NAMES[type], id }));
    });
  }

  /** Opens the stream and answers every message, whatever it is. */
  echo(): void {
    this.#open();
    this.#stream?.on('data', () => this.#write(ACKS[TYPE_URL.EDS] ?? Buffer.alloc(0)));
    this.#write(Buffer.alloc(0));
  }

  close(): void {
    this.#session.destroy();
  }

  #open(): void {
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': PATH,
      te: 'trailers',
      'content-type': 'application/grpc',
    });
    this.#stream.on('error', () => undefined);
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
