import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** A body this small is kept, so that a failed attempt can be repeated. */
const KEPT_BYTES = 64 * 1024;

/** The body as bytes when it is declared and small, as the stream itself otherwise, undefined when there is none. */
export async function readBody(request: IncomingMessage): Promise<Buffer | Readable | undefined> {
  const length = request.headers['content-length'];
  if (length === undefined) {
    return request.headers['transfer-encoding'] === undefined ? undefined : request;
  }
  if (Number(length) === 0) return undefined;
  if (!(Number(length) <= KEPT_BYTES)) return request;
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
