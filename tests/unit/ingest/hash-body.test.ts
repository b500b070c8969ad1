import { describe, expect, it } from 'vitest';
import { hashBody } from '#ingest/hash-body.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('hash of a body', () => {
  it('is the same for the same bytes, wherever they lie', () => {
    const body = Buffer.from('a body, as it was sent');
    const elsewhere = Buffer.concat([Buffer.from('xyz'), body]).subarray(3);
    expect(hex(hashBody('traces', elsewhere))).toBe(hex(hashBody('traces', body)));
    expect(hashBody('traces', body)).toHaveLength(16);
  });

  it('is another for other bytes, another length and another signal', () => {
    const bodies = [0, 1, 15, 16, 17, 32].map((length) => Buffer.alloc(length));
    for (let at = 0; at < 64; at++) {
      const body = Buffer.alloc(64);
      body[at] = 1;
      bodies.push(body);
    }
    const hashes = (['traces', 'metrics', 'logs'] as const).flatMap((signal) =>
      bodies.map((body) => hex(hashBody(signal, body))),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('stays what it is: several versions may serve one store', () => {
    expect(hex(hashBody('traces', Buffer.from('detour')))).toBe('68e2d0bdef67f1972df9b00a7cfabea1');
  });
});
