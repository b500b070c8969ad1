import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { ByteShare } from './byte-budget.ts';
import { CancelledError, TooLargeError, TooSlowError } from './export-refusal.ts';

const SMALL_PIECE_BYTES = 4 * 1024;
const TAIL_BYTES = 64 * 1024;

export interface ReadLimits {
  readonly bytes: number;
  /** Absent when whoever calls sees to it. */
  readonly ms?: number;
}

/**
 * A request's body as sent. Bytes are taken from `share` as they arrive, so that a client that announces much and sends
 * little holds little. The limit holds for what arrives, whatever was announced. A body of several pieces is put
 * together in what `take` returns, which may be longer.
 */
export function readBody(
  request: Readable,
  limits: ReadLimits,
  share: ByteShare,
  take: (bytes: number) => Buffer,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces();
    let size = 0;
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > limits.bytes) throw new TooLargeError(limits.bytes);
        share.add(chunk.length);
        pieces.add(chunk);
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onEnd = (): void => finish(() => resolve(pieces.join(size, take)));
    const onGone = (): void =>
      finish(() => reject(new CancelledError('the client closed the connection')));
    const onLate = (): void => finish(() => reject(new TooSlowError()));
    const timer = limits.ms === undefined ? undefined : setTimeout(onLate, limits.ms);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/**
 * Reads on without keeping anything, so that a client that sends first and reads the answer afterwards gets to read it.
 * Past `limitBytes` the connection is cut.
 */
export function discardBody(request: IncomingMessage, limitBytes: number): void {
  if (request.readableEnded || request.destroyed) return;
  let left = limitBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  // A client that goes away now leaves nothing undone.
  request.on('error', () => request.destroy());
  request.resume();
}

/**
 * What arrived so far. A body may come byte by byte (chunked encoding allows it), and a Buffer for each byte would take
 * a hundred times what the budget counts: small pieces are copied together.
 */
class Pieces {
  readonly #whole: Buffer[] = [];
  #tail = Buffer.alloc(0);
  #tailBytes = 0;

  add(piece: Buffer): void {
    const isSmall = piece.length < SMALL_PIECE_BYTES && this.#whole.length > 0;
    if (!isSmall || this.#tailBytes + piece.length > this.#tail.length) this.#closeTail();
    if (!isSmall) {
      this.#whole.push(piece);
      return;
    }
    if (this.#tail.length === 0) this.#tail = Buffer.allocUnsafeSlow(TAIL_BYTES);
    this.#tailBytes += piece.copy(this.#tail, this.#tailBytes);
  }

  join(size: number, take: (bytes: number) => Buffer): Buffer {
    this.#closeTail();
    const [only] = this.#whole;
    if (this.#whole.length === 1 && only !== undefined) return only;
    const joined = take(size);
    let at = 0;
    for (const piece of this.#whole) at += piece.copy(joined, at);
    return joined.subarray(0, at);
  }

  #closeTail(): void {
    if (this.#tailBytes > 0) this.#whole.push(this.#tail.subarray(0, this.#tailBytes));
    this.#tail = Buffer.alloc(0);
    this.#tailBytes = 0;
  }
}
