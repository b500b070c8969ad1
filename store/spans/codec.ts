import { promisify } from 'node:util';
import {
  type BrotliOptions,
  brotliCompress,
  brotliDecompress,
  brotliDecompressSync,
  constants,
  deflateRaw,
  inflateRaw,
  inflateRawSync,
} from 'node:zlib';

/** Written beside each payload; append only. Columns are deflated where they are not LZ4. */
const CODEC_DEFLATE = 1;
/** LZ4 blocks, each behind its plain size as u32 little-endian: a sixth of deflate's CPU, a fifth more bytes. */
const CODEC_LZ4 = 2;
/** Brotli: an eighth smaller than deflate at level 6, for a fifth more CPU to write and a third more to read. */
const CODEC_BROTLI = 3;

/** Native: there is a platform or two without it. What it cannot write there, deflate writes. */
const lz4 = await import('lz4-napi').then(
  (loaded) => loaded,
  () => undefined,
);

const deflateRawAsync = promisify<Buffer, { level: number }, Buffer>(deflateRaw);
const inflateRawAsync = promisify<Buffer, Buffer>(inflateRaw);
const brotliCompressAsync = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);
const brotliDecompressAsync = promisify<Buffer, Buffer>(brotliDecompress);

/** `fast` for what will be compressed again, `small` for what stays. */
export type Compression = 'fast' | 'small';

/** zlib's default for what stays: a third smaller than its fastest. */
const DEFLATE_LEVEL: Readonly<Record<Compression, number>> = { fast: 1, small: 6 };
/** Below 5 Brotli looks for fewer repeats; above, each per cent costs twice the CPU. */
const BROTLI_QUALITY = 5;
/** log2: as long as a block. */
const BROTLI_WINDOW = 17;

export function codecOf(compression: Compression): number {
  if (compression === 'small') return CODEC_BROTLI;
  return lz4 === undefined ? CODEC_DEFLATE : CODEC_LZ4;
}

/** By the codec of `compression`, on libuv's threads, off the event loop. */
export async function compress(bytes: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === 'fast') return await compressColumns(bytes, compression);
  return await brotliCompressAsync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** Columns are numbers, where Brotli gains little, and searches read them cold: deflate is twice as fast there. */
export async function compressColumns(bytes: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === 'fast' && lz4 !== undefined) return await lz4.compress(bytes);
  return await deflateRawAsync(bytes, { level: DEFLATE_LEVEL[compression] });
}

export async function decompress(codec: number, bytes: Buffer): Promise<Buffer> {
  if (codec === CODEC_LZ4) return await loadedLz4().uncompress(bytes);
  checkCodec(codec);
  return codec === CODEC_BROTLI ? await brotliDecompressAsync(bytes) : await inflateRawAsync(bytes);
}

/** For a few kilobytes, where going to another thread costs more than the work. */
export function decompressNow(codec: number, bytes: Buffer): Buffer {
  return codec === CODEC_BROTLI ? brotliDecompressSync(bytes) : decompressColumns(codec, bytes);
}

export function decompressColumns(codec: number, bytes: Buffer): Buffer {
  if (codec === CODEC_LZ4) return loadedLz4().uncompressSync(bytes);
  checkCodec(codec);
  return inflateRawSync(bytes);
}

function loadedLz4(): NonNullable<typeof lz4> {
  if (lz4 === undefined) {
    throw new Error('a segment is compressed with LZ4, and lz4-napi does not load on this machine');
  }
  return lz4;
}

function checkCodec(codec: number): void {
  if (codec !== CODEC_DEFLATE && codec !== CODEC_BROTLI) {
    throw new Error(`a segment is compressed by codec ${codec}, which this version does not know`);
  }
}
