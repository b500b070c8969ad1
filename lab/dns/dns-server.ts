import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  streamEncode,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import {
  answerQuery,
  type QueryAnswer,
  RCODE,
  type ResponseCode,
  udpLimitBytes,
} from '#lab/dns/answer-query.ts';
import { type DnsFault, latencyMs } from '#lab/dns/dns-fault.ts';
import { type ServiceCatalogue, toZone, type Zone } from '#lab/dns/zone.ts';

const HEADER_BYTES = 12;
const LENGTH_BYTES = 2;
const TCP_IDLE_MS = 10_000;
const TCP_CONNECTION_LIMIT = 256;

export interface DnsServerOptions {
  readonly origin: string;
  readonly ttlSeconds: number;
  /** Called for each query; `code` is 'DROPPED' when the answer is silence. */
  readonly onQuery: (name: string, code: ResponseCode | 'DROPPED') => void;
}

/**
 * The authoritative server of one zone, over UDP and TCP. Its data are its own: when the registry is gone it goes on
 * answering what it last knew, which is why it can stand in for a control plane that has lost its mind.
 */
export class DnsServer {
  readonly #options: DnsServerOptions;
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  /** As the registry has it, and as it is served; they differ while the zone is stale. */
  #latest: Zone | undefined;
  #served: Zone | undefined;
  #faults: readonly DnsFault[] = [];
  #turn = 0;

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }

  get zone(): Zone | undefined {
    return this.#served;
  }

  get faults(): readonly DnsFault[] {
    return this.#faults;
  }

  applyCatalogue(catalogue: ServiceCatalogue): void {
    this.#latest = toZone(catalogue, this.#options.origin, (this.#latest?.serial ?? 0) + 1);
    if (!this.#isStale()) this.#served = this.#latest;
  }

  setFaults(faults: readonly DnsFault[]): void {
    this.#faults = faults;
    if (!this.#isStale()) this.#served = this.#latest;
  }

  /** Binds UDP and TCP to the same port and resolves with it. Rejects when it is taken. */
  async listen(port: number, host: string): Promise<number> {
    this.#tcp = createServer((socket) => this.#serveTcp(socket));
    this.#tcp.maxConnections = TCP_CONNECTION_LIMIT;
    const bound = await listenTcp(this.#tcp, port, host);
    this.#udp = createSocket('udp4');
    this.#udp.on('message', (message, peer) => this.#answerUdp(message, peer));
    await bindUdp(this.#udp, bound, host);
    return bound;
  }

  async close(): Promise<void> {
    this.#udp?.close();
    await new Promise<void>((resolve) =>
      this.#tcp === undefined ? resolve() : this.#tcp.close(() => resolve()),
    );
  }

  #isStale(): boolean {
    return this.#faults.some((fault) => fault.kind === 'stale');
  }

  #answerUdp(message: Buffer, peer: RemoteInfo): void {
    const query = readQuery(message);
    if (query === undefined) return;
    const response = query === 'malformed' ? formatError(message) : this.#answer(query);
    if (response === undefined) return;
    const limit = query === 'malformed' ? HEADER_BYTES : udpLimitBytes(query);
    this.#later(() => this.#udp?.send(encodeWithin(response, limit), peer.port, peer.address));
  }

  #serveTcp(socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    // The client went away; there is nobody left to tell.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= LENGTH_BYTES) {
        const end = LENGTH_BYTES + pending.readUInt16BE(0);
        if (pending.length < end) return;
        this.#answerTcp(socket, pending.subarray(LENGTH_BYTES, end));
        pending = pending.subarray(end);
      }
    });
  }

  #answerTcp(socket: Socket, message: Buffer): void {
    const query = readQuery(message);
    if (query === undefined) return;
    const response = query === 'malformed' ? formatError(message) : this.#answer(query);
    if (response === undefined) return;
    this.#later(() => {
      if (socket.writable) socket.write(streamEncode(response));
    });
  }

  #answer(query: DecodedPacket): Packet | undefined {
    // Resolvers ask A and AAAA in pairs: counting both would show every client the same order.
    if (query.questions?.[0]?.type !== 'AAAA') this.#turn += 1;
    const answer: QueryAnswer | undefined = answerQuery(query, {
      zone: this.#served,
      origin: this.#options.origin,
      faults: this.#faults,
      ttlSeconds: this.#options.ttlSeconds,
      turn: this.#turn,
    });
    const name = answer?.name ?? query.questions?.[0]?.name.toLowerCase() ?? '';
    this.#options.onQuery(name, answer?.code ?? 'DROPPED');
    return answer?.response;
  }

  #later(send: () => void): void {
    const ms = latencyMs(this.#faults);
    if (ms === 0) send();
    else setTimeout(send, ms);
  }
}

/** Undefined for what is no query: answering a response could start a loop between two servers. */
function readQuery(message: Buffer): DecodedPacket | 'malformed' | undefined {
  if (message.length < HEADER_BYTES || (message.readUInt16BE(2) & 0x80_00) !== 0) return undefined;
  try {
    return decode(message);
  } catch {
    return 'malformed';
  }
}

function formatError(message: Buffer): Packet {
  return { id: message.readUInt16BE(0), type: 'response', flags: RCODE.FORMERR };
}

/** A response that does not fit says so and carries nothing: the asker comes again over TCP (RFC 7766 §5). */
function encodeWithin(response: Packet, limitBytes: number): Buffer {
  const whole = encode(response);
  if (whole.length <= limitBytes) return whole;
  return encode({
    ...response,
    flags: (response.flags ?? 0) | TRUNCATED_RESPONSE,
    answers: [],
    authorities: [],
  });
}

function listenTcp(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function bindUdp(socket: UdpSocket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
}
