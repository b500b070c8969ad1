import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isUnder, type LinkFault, passesAtMs, shapeOf } from '#lab/relay/link-fault.ts';
import type { SocketAddress } from '#lab/xds/socket-address.ts';

/** A client that asks nothing for so long gives its socket back. */
const IDLE_MS = 30_000;
const CLIENT_LIMIT = 1000;
/** What may wait at the link's rate; a datagram beyond is lost, as on a full link. */
const WAIT_LIMIT_MS = 5000;

interface Session {
  readonly socket: Socket;
  readonly idle: NodeJS.Timeout;
}

/** Relays UDP: each client gets a socket of its own towards the target, so that answers find their way back. */
export class UdpRelay {
  readonly #target: SocketAddress;
  readonly #socket = createSocket('udp4');
  readonly #sessions = new Map<string, Session>();
  #faults: readonly LinkFault[] = [];
  #lineIsFreeAtMs = 0;

  constructor(target: SocketAddress) {
    this.#target = target;
    this.#socket.on('message', (message, client) => this.#forward(message, client));
  }

  listen(address: SocketAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(address.port, address.host, () => resolve(this.#socket.address().port));
    });
  }

  setFaults(faults: readonly LinkFault[]): void {
    this.#faults = faults;
  }

  /** Forgets the clients: answers that are under way are lost. */
  reset(): void {
    for (const key of [...this.#sessions.keys()]) this.#forget(key);
  }

  close(): Promise<void> {
    this.reset();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #forward(message: Buffer, client: RemoteInfo): void {
    if (this.#faults.some((fault) => fault.kind === 'refuse')) return;
    const session = this.#sessionOf(client);
    if (session === undefined) return;
    session.idle.refresh();
    this.#pass(message.length, () =>
      this.#whileOpen(client, () =>
        session.socket.send(message, this.#target.port, this.#target.host),
      ),
    );
  }

  #sessionOf(client: RemoteInfo): Session | undefined {
    const key = keyOf(client);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    if (this.#sessions.size >= CLIENT_LIMIT) return undefined;
    const socket = createSocket('udp4');
    const session = { socket, idle: setTimeout(() => this.#forget(key), IDLE_MS) };
    socket.on('message', (answer) => {
      if (isUnder(this.#faults, 'half-open', undefined)) return;
      this.#pass(answer.length, () =>
        this.#whileOpen(client, () => this.#socket.send(answer, client.port, client.address)),
      );
    });
    // ICMP "port unreachable" from a server that is down: UDP clients learn it by silence.
    socket.on('error', () => this.#forget(key));
    this.#sessions.set(key, session);
    return session;
  }

  #pass(bytes: number, send: () => void): void {
    if (isUnder(this.#faults, 'blackhole', undefined)) return;
    const nowMs = performance.now();
    const atMs = passesAtMs(shapeOf(this.#faults), nowMs, this.#lineIsFreeAtMs, bytes);
    if (atMs - nowMs > WAIT_LIMIT_MS + shapeOf(this.#faults).latencyMs) return;
    this.#lineIsFreeAtMs = atMs;
    if (atMs - nowMs < 1) send();
    else setTimeout(send, atMs - nowMs);
  }

  #whileOpen(client: RemoteInfo, send: () => void): void {
    if (this.#sessions.has(keyOf(client))) send();
  }

  #forget(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    clearTimeout(session.idle);
    session.socket.close();
  }
}

function keyOf(client: RemoteInfo): string {
  return `${client.address}:${client.port}`;
}
