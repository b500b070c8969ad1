import { connect, createServer, type Server, type Socket } from 'node:net';
import { isUnder, type LinkFault, shapeOf } from '#lab/relay/link-fault.ts';
import { ShapedPipe } from '#lab/relay/shaped-pipe.ts';
import type { SocketAddress } from '#lab/xds/socket-address.ts';

const CONNECTION_LIMIT = 20_000;

export interface RelayedConnection {
  readonly clientPort: number | undefined;
  /** The port that the server sees as its peer's. */
  readonly serverSidePort: number | undefined;
  readonly held: boolean;
}

/** Relays TCP from one address to another, through whatever faults are set. Needs no root: it is only in the way. */
export class TcpRelay {
  readonly #target: SocketAddress;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #faults: readonly LinkFault[] = [];

  constructor(target: SocketAddress) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
    this.#server.maxConnections = CONNECTION_LIMIT;
  }

  get connections(): readonly RelayedConnection[] {
    return [...this.#pairs].map((pair) => pair.describe());
  }

  listen(address: SocketAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(address.port, address.host, () => {
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port);
      });
    });
  }

  setFaults(faults: readonly LinkFault[]): void {
    this.#faults = faults;
    for (const pair of this.#pairs) pair.apply(faults);
  }

  /** Resets (RST) every connection on both sides. */
  reset(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  close(): Promise<void> {
    this.reset();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    if (this.#faults.some((fault) => fault.kind === 'refuse')) {
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(
      client,
      this.#target,
      () => this.#faults,
      () => this.#pairs.delete(pair),
    );
    this.#pairs.add(pair);
    pair.apply(this.#faults);
  }
}

/** Both halves of one connection. While it is held, the end of one half is kept from the other. */
class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #pipes: readonly ShapedPipe[];
  readonly #onGone: () => void;
  #held = false;
  #halfOpen = false;
  #closed: { readonly half: Socket; readonly hadError: boolean } | undefined;

  constructor(
    client: Socket,
    target: SocketAddress,
    readFaults: () => readonly LinkFault[],
    onGone: () => void,
  ) {
    this.#client = client;
    this.#server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#onGone = onGone;
    const readShape = () => shapeOf(readFaults());
    this.#pipes = [
      new ShapedPipe(client, this.#server, readShape),
      new ShapedPipe(this.#server, client, readShape),
    ];
    for (const half of [client, this.#server]) {
      let hadError = false;
      half.on('error', () => {
        hadError = true;
      });
      half.on('close', () => this.#closeOther(half, hadError));
    }
    this.#server.once('connect', () => this.apply(readFaults()));
  }

  describe(): RelayedConnection {
    return {
      clientPort: this.#client.remotePort,
      serverSidePort: this.#server.localPort,
      held: this.#held,
    };
  }

  apply(faults: readonly LinkFault[]): void {
    const port = this.#server.localPort;
    if (isUnder(faults, 'half-open', port)) this.#loseServer();
    const hold = isUnder(faults, 'blackhole', port);
    if (hold === this.#held) return;
    this.#held = hold;
    for (const pipe of this.#pipes) {
      if (hold) pipe.hold();
      else pipe.release();
    }
    if (!hold && this.#closed !== undefined)
      this.#closeOther(this.#closed.half, this.#closed.hadError);
  }

  reset(): void {
    this.#held = false;
    this.#halfOpen = false;
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  #loseServer(): void {
    this.#halfOpen = true;
    this.#server.destroy();
  }

  #closeOther(half: Socket, hadError: boolean): void {
    const isHidden = this.#held || (this.#halfOpen && half === this.#server);
    if (isHidden) {
      this.#closed ??= { half, hadError };
      return;
    }
    for (const pipe of this.#pipes) pipe.stop();
    const other = half === this.#client ? this.#server : this.#client;
    if (hadError) other.resetAndDestroy();
    else other.destroySoon();
    this.#onGone();
  }
}
