import type { IncomingMessage } from 'node:http';
import type { ByteShare } from './byte-budget.ts';
import { TooLargeError } from './export-refusal.ts';

/** The client went away before its request was whole. Nobody is left to answer. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/**
 * A request's body as sent. Bytes are taken from `share` as they arrive, so that a client that announces much and sends
 * little holds little. `limitBytes` holds for what arrives, whatever was announced.
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  share: ByteShare,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      try {
        if (size > limitBytes) throw new TooLargeError(limitBytes);
        share.add(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onEnd = (): void => finish(() => resolve(join(chunks)));
    const onGone = (): void =>
      finish(() => reject(new CancelledError('the client closed the connection')));
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

function join(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
