import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  codecOf,
  compress,
  compressColumns,
  decompress,
  decompressColumns,
  decompressNow,
} from '#store/spans/codec.ts';

const PLAIN = ['', 'a span, a span, a span', 'a segment of a segment '.repeat(400)].map((text) =>
  Buffer.from(text),
);

describe.each(PLAIN)('what is compressed (%#)', (plain) => {
  test.each(['fast', 'small'] as const)('%s is read again', async (compression) => {
    const codec = codecOf(compression);
    const payload = await compress(plain, compression);
    expect(await decompress(codec, payload)).toEqual(plain);
    expect(decompressNow(codec, payload)).toEqual(plain);
    const columns = await compressColumns(plain, compression);
    expect(decompressColumns(codec, columns)).toEqual(plain);
  });

  test('by an older version is read still', async () => {
    const deflated = deflateRawSync(plain);
    expect(await decompress(1, deflated)).toEqual(plain);
    expect(decompressNow(1, deflated)).toEqual(plain);
    expect(decompressColumns(1, deflated)).toEqual(plain);
  });

  test('by a newer version is refused', async () => {
    await expect(decompress(99, plain)).rejects.toThrow(/codec 99/);
    expect(() => decompressColumns(99, plain)).toThrow(/codec 99/);
  });
});

test.each(['fast', 'small'] as const)('%s takes what repeats away', async (compression) => {
  const compressed = await compress(Buffer.from('another '.repeat(2000)), compression);
  expect(compressed.length).toBeLessThan(200);
});
