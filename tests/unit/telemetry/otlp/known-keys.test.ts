import { describe, expect, it } from 'vitest';
import { hashBytes } from '#telemetry/otlp/hash-bytes.ts';
import { KEY_SEED, KNOWN_KEYS, NOT_KNOWN, seenKeys } from '#telemetry/otlp/known-keys.ts';
import { MalformedOtlp } from '#telemetry/otlp/wire-reader.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const UTF8 = new TextEncoder();

/** The key between other bytes, as in a message. */
function find(key: string) {
  const bytes = UTF8.encode(`xx${key}yyyyy`);
  const view = new DataView(bytes.buffer);
  const to = bytes.length - 5;
  const slot = seenKeys.find(bytes, view, 2, to);
  return {
    hash: seenKeys.hashOf(slot),
    number: seenKeys.numberOf(slot),
    trueHash: hashBytes(bytes, view, 2, to, KEY_SEED),
  };
}

describe('keys seen before', () => {
  it('know each known key by its number, each time', () => {
    for (let round = 0; round < 3; round++) {
      for (const [number, key] of KNOWN_KEYS.entries()) expect(find(key).number).toBe(number);
    }
  });

  it('give every key its own hash, however many fall into one slot', () => {
    const roll = seededRandom(7);
    const keys = Array.from({ length: 3000 }, () =>
      Array.from({ length: Math.floor(roll() * 80) }, () => 'abé.'[Math.floor(roll() * 4)]).join(
        '',
      ),
    );
    for (const key of [...keys, ...keys]) {
      const { hash, number, trueHash } = find(key);
      expect(hash).toBe(trueHash);
      expect(number).toBe(NOT_KNOWN);
    }
  });

  it('refuse a key that is no UTF-8', () => {
    const bytes = Uint8Array.from([0x61, 0x62, 0xff, 0x63, 0x64]);
    expect(() => seenKeys.find(bytes, new DataView(bytes.buffer), 0, 5)).toThrow(MalformedOtlp);
  });
});

describe('hashBytes', () => {
  it('does not depend on what stands behind the bytes, nor on whether anything does', () => {
    for (let length = 0; length < 12; length++) {
      const alone = UTF8.encode('abcdefghijkl'.slice(0, length));
      const inside = UTF8.encode(`${'abcdefghijkl'.slice(0, length)}ÿÿÿÿ`);
      const hash = (bytes: Uint8Array) =>
        hashBytes(bytes, new DataView(bytes.buffer, 0, bytes.length), 0, length, 1);
      expect(hash(alone)).toBe(hash(inside));
    }
  });
});
