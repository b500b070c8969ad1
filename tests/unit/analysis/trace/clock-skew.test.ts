import { describe, expect, it } from 'vitest';
import { clockOffsetsNs } from '#analysis/trace/clock-skew.ts';
import { traceFromText } from '#tests/support/trace-from-text.ts';

function offsetsOf(picture: string): Record<string, number> {
  const spans = traceFromText(picture);
  const service = new Map(spans.map((span) => [span.spanId, span.service]));
  return Object.fromEntries(
    [...clockOffsetsNs(spans)].map(([id, ns]) => [service.get(id) ?? '', ns]),
  );
}

describe('clockOffsetsNs', () => {
  it('moves nothing where every answer lies inside its question', () => {
    expect(
      offsetsOf(`
        gateway |=========|
          song     |==|
      `),
    ).toEqual({});
  });

  it('puts an answer that began before its question into the middle of it, with everything below', () => {
    expect(
      offsetsOf(`
        gateway      |=========|
          song    |=====|
            artist  |=|
      `),
    ).toEqual({ song: 5, artist: 5 });
  });

  it('believes a callee that goes on after its caller gave up', () => {
    expect(
      offsetsOf(`
        gateway |===|
          song     |=======|
      `),
    ).toEqual({});
  });
});
