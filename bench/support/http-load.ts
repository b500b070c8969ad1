/**
 * An HTTP/1.1 loader of raw sockets, in a process of its own: it costs a tenth of what it loads, so that two cores suffice.
 * One request at a time on each connection.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HttpLoadOrder {
  readonly host: string;
  readonly port: number;
  /** Name in the `Host` header. */
  readonly authority: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second sent whether or not answers come (open loop); undefined = the next with each answer. */
  readonly rate?: number;
}

export interface HttpLoadReport {
  readonly answered: number;
  /** Answers other than 200, and connections lost. */
  readonly failed: number;
  readonly seconds: number;
  /** From when a request was due to its last byte, ascending; open loop only. */
  readonly latencyMs: readonly number[];
}

class Connection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #onAnswer: (connection: Connection, isOk: boolean) => void;
  #received = '';
  dueMs = 0;

  constructor(order: HttpLoadOrder, onAnswer: (connection: Connection, isOk: boolean) => void) {
    this.#onAnswer = onAnswer;
    this.#request = Buffer.from(
      `GET /song/1 HTTP/1.1\r\nHost: ${order.authority}\r\nAccept: application/json\r\n\r\n`,
    );
    this.#socket = connect({ host: order.host, port: order.port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#onAnswer(this, false));
  }

  connected(): Promise<unknown> {
    return once(this.#socket, 'connect');
  }

  send(): void {
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1];
    if (length === undefined) throw new Error('the loader reads answers with a content-length');
    if (this.#received.length < headEnd + 4 + Number(length)) return;
    const isOk = this.#received.startsWith('HTTP/1.1 200');
    this.#received = '';
    this.#onAnswer(this, isOk);
  }
}

class Load {
  readonly #order: HttpLoadOrder;
  readonly #all: Connection[] = [];
  readonly #idle: Connection[] = [];
  readonly #latencyMs: number[] = [];
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #isOver = false;

  constructor(order: HttpLoadOrder) {
    this.#order = order;
  }

  async run(): Promise<HttpLoadReport> {
    const { connections, seconds, rate } = this.#order;
    for (let n = 0; n < connections; n++) {
      this.#all.push(new Connection(this.#order, (c, isOk) => this.#answer(c, isOk)));
    }
    await Promise.all(this.#all.map((connection) => connection.connected()));
    const begunMs = performance.now();
    if (rate === undefined) {
      for (const connection of this.#all) connection.send();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    } else {
      this.#idle.push(...this.#all);
      await this.#sendSteadily(rate, begunMs);
    }
    this.#isOver = true;
    const tookMs = performance.now() - begunMs;
    for (const connection of this.#all) connection.close();
    return {
      answered: this.#answered,
      failed: this.#failed,
      seconds: tookMs / 1000,
      latencyMs: this.#latencyMs.sort((a, b) => a - b),
    };
  }

  /** Spins on the event loop: a timer would be a millisecond late, which is more than what is measured. */
  #sendSteadily(rate: number, begunMs: number): Promise<void> {
    const total = Math.floor(rate * this.#order.seconds);
    return new Promise((resolve) => {
      const turn = () => {
        const due = ((performance.now() - begunMs) / 1000) * rate;
        this.#sendUntil(Math.min(total, due), rate, begunMs);
        if (this.#answered + this.#failed >= total) resolve();
        else setImmediate(turn);
      };
      turn();
    });
  }

  #sendUntil(count: number, rate: number, begunMs: number): void {
    while (this.#sent < count) {
      const connection = this.#idle.pop();
      if (!connection) return;
      connection.dueMs = begunMs + (1000 * this.#sent) / rate;
      connection.send();
      this.#sent += 1;
    }
  }

  #answer(connection: Connection, isOk: boolean): void {
    if (this.#isOver) return;
    if (isOk) this.#answered += 1;
    else this.#failed += 1;
    if (this.#order.rate === undefined) {
      connection.send();
    } else {
      this.#latencyMs.push(performance.now() - connection.dueMs);
      this.#idle.push(connection);
    }
  }
}

const [order] = (await once(process, 'message')) as [HttpLoadOrder];
process.send?.(await new Load(order).run());
