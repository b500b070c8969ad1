import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codecOf, compress, decompress, decompressNow } from '#store/spans/codec.ts';

const BLOCKS = ['', 'a span, a span, a span', 'another '.repeat(2000)].map((text) =>
  Buffer.from(text),
);

describe('compressed blocks', () => {
  it.each(['fast', 'small'] as const)('come back as they were: %s', async (compression) => {
    const codec = codecOf(compression);
    const compressed = await Promise.all(BLOCKS.map((block) => compress(block, compression)));
    expect(compressed.at(-1)?.length).toBeLessThan(200);
    expect(await Promise.all(compressed.map((block) => decompress(codec, block)))).toEqual(BLOCKS);
    expect(compressed.map((block) => decompressNow(codec, block))).toEqual(BLOCKS);
  });

  it('of an older store are deflated', async () => {
    const [, block = Buffer.alloc(0)] = BLOCKS;
    expect(decompressNow(1, deflateRawSync(block))).toEqual(block);
    expect(await decompress(1, deflateRawSync(block))).toEqual(block);
  });

  it('of a newer version are refused by name', async () => {
    await expect(decompress(99, Buffer.from('?'))).rejects.toThrow('codec 99');
  });
});
