import type { Socket } from 'node:net';
import { passesAtMs, type Shape } from '#lab/relay/link-fault.ts';

/** What is under way in one direction; more makes the sender wait, as a full network does. */
const IN_FLIGHT_LIMIT_BYTES = 1_000_000;

/**
 * One direction of a relayed connection: what `from` sends reaches `to` in order, after the link's latency and at its
 * rate. Held, it stops reading, so that the bytes wait in the kernel's buffers and in nobody's memory.
 */
export class ShapedPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #readShape: () => Shape;
  readonly #queue: { readonly chunk: Buffer; readonly atMs: number }[] = [];
  #inFlightBytes = 0;
  #lastAtMs = 0;
  #held = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, readShape: () => Shape) {
    this.#from = from;
    this.#to = to;
    this.#readShape = readShape;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => {
      this.#ended = true;
      this.#pass();
    });
    to.on('drain', () => this.#pass());
  }

  hold(): void {
    this.#held = true;
    this.#from.pause();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#pass();
    this.#from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(chunk: Buffer): void {
    const nowMs = performance.now();
    this.#lastAtMs = passesAtMs(this.#readShape(), nowMs, this.#lastAtMs, chunk.length);
    this.#queue.push({ chunk, atMs: this.#lastAtMs });
    this.#inFlightBytes += chunk.length;
    if (this.#inFlightBytes > IN_FLIGHT_LIMIT_BYTES) this.#from.pause();
    this.#pass();
  }

  #pass(): void {
    if (this.#held || this.#timer !== undefined) return;
    const nowMs = performance.now();
    while (this.#queue[0] !== undefined && this.#queue[0].atMs <= nowMs) {
      const [next] = this.#queue.splice(0, 1);
      if (next === undefined || this.#to.destroyed) return;
      this.#inFlightBytes -= next.chunk.length;
      if (!this.#to.write(next.chunk)) return;
    }
    const [head] = this.#queue;
    if (head !== undefined) {
      this.#passLater(head.atMs - nowMs);
      return;
    }
    if (this.#from.isPaused()) this.#from.resume();
    if (this.#ended) this.#to.end();
  }

  #passLater(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pass();
    }, ms);
  }
}
