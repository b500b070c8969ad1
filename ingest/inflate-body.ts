import { createGunzip, createInflate, gunzip, gunzipSync } from 'node:zlib';
import type { ByteShare } from './byte-budget.ts';
import { BadDataError } from './export-outcome.ts';
import { OverloadedError, TooLargeError } from './export-refusal.ts';

/** Up to here inflating costs less than handing it to another thread. */
const INFLATE_HERE_BYTES = 64 * 1024;
const STREAM_CHUNK_BYTES = 256 * 1024;
/** Room behind the expected end, so that zlib sees the end in the same chunk. */
const SPARE_BYTES = 64;
const TRAILER_BYTES = 4;
/** RFC 1952 §2.3.1: ID1, ID2, and CM = deflate. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 8]);
/** Header and trailer alone. */
const MIN_GZIP_BYTES = 18;

/** `deflate` is zlib's format (RFC 1950), as gRPC and HTTP name it. */
export type Coding = 'gzip' | 'deflate';

/**
 * The content of a compressed body, never more than `limitBytes` of it in memory. What is inflated is added to `share`.
 *
 * gzip ends with the length of its content (RFC 1952, ISIZE). It is believed first, because then one allocation of the
 * right size does; when it proves wrong (a bomb that lies, several members, a cut body) the body is inflated again in
 * chunks that are counted as they come.
 */
export async function inflateBody(
  compressed: Buffer,
  coding: Coding,
  limitBytes: number,
  share: ByteShare,
): Promise<Buffer> {
  if (coding === 'deflate') return inflateCounting(compressed, coding, limitBytes, share);
  const isGzip = compressed.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  if (!isGzip || compressed.length < MIN_GZIP_BYTES) throw new BadDataError('the body is not gzip');
  const expectedBytes = compressed.readUInt32LE(compressed.length - TRAILER_BYTES);
  if (expectedBytes <= limitBytes) {
    share.add(expectedBytes);
    const inflated = await inflateAtOnce(compressed, expectedBytes);
    if (inflated !== undefined) return inflated;
    share.free(expectedBytes);
  }
  return inflateCounting(compressed, coding, limitBytes, share);
}

/** undefined when the content is not of `expectedBytes`. */
async function inflateAtOnce(
  compressed: Buffer,
  expectedBytes: number,
): Promise<Buffer | undefined> {
  const options = {
    maxOutputLength: expectedBytes + 1,
    chunkSize: expectedBytes + SPARE_BYTES,
  };
  try {
    const inflated =
      expectedBytes <= INFLATE_HERE_BYTES
        ? gunzipSync(compressed, options)
        : await new Promise<Buffer>((resolve, reject) => {
            gunzip(compressed, options, (error, result) =>
              error ? reject(error) : resolve(result),
            );
          });
    return inflated.length === expectedBytes ? inflated : undefined;
  } catch {
    // The careful way finds out what is wrong.
    return undefined;
  }
}

function inflateCounting(
  compressed: Buffer,
  coding: Coding,
  limitBytes: number,
  share: ByteShare,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { chunkSize: STREAM_CHUNK_BYTES };
    const stream = coding === 'gzip' ? createGunzip(options) : createInflate(options);
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > limitBytes) throw new TooLargeError(limitBytes);
        share.add(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined);
      }
    });
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', (error) => reject(toInflateError(error, coding)));
    stream.end(compressed);
  });
}

function toInflateError(error: Error, coding: Coding): Error {
  if (error instanceof TooLargeError || error instanceof OverloadedError) return error;
  return new BadDataError(`the body is not ${coding}: ${error.message}`, { cause: error });
}
