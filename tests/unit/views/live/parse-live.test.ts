import { describe, expect, it } from 'vitest';
import { parseTelemetryJson } from '#views/live/parse-live.ts';

describe('parseTelemetryJson', () => {
  it('turns instants back into bigints at any depth, and nothing else', () => {
    const json = '{"atUnixNano":"1646762822000000001","a":[{"unixNano":"5","version":"42"}]}';
    expect(parseTelemetryJson(json)).toEqual({
      atUnixNano: 1646762822000000001n,
      a: [{ unixNano: 5n, version: '42' }],
    });
  });

  it('leaves a text that is no number alone', () => {
    expect(parseTelemetryJson('{"startUnixNano":"soon"}')).toEqual({ startUnixNano: 'soon' });
  });
});
