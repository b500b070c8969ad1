import { promisify } from 'node:util';
import { deflateRaw, inflateRaw, inflateRawSync } from 'node:zlib';

/** Written beside each payload; append only. */
export const CODEC_DEFLATE = 1;

const deflateRawAsync = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
const inflateRawAsync = promisify<Buffer, Buffer>(inflateRaw);

/** On libuv's threads, off the event loop. */
export async function compress(bytes: Buffer, level: number): Promise<Buffer> {
  return await deflateRawAsync(bytes, { level });
}

export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  checkCodec(codec);
  return await inflateRawAsync(bytes);
}

/** For a few kilobytes, where going to another thread costs more than the work. */
export function decompressNow(codec: number, bytes: Buffer): Buffer {
  checkCodec(codec);
  return inflateRawSync(bytes);
}

function checkCodec(codec: number): void {
  if (codec !== CODEC_DEFLATE) {
    throw new Error(`a segment is compressed by codec ${codec}, which this version does not know`);
  }
}
