import { describe, expect, it } from 'vitest';
import { fromUnixMs } from '#telemetry/time.ts';
import { formatIso } from '#views/format/format-time.ts';
import { parseUtcTime } from '#views/format/parse-time.ts';

const NOW = fromUnixMs(Date.parse('2022-03-08T18:40:00Z'));
const read = (text: string) => {
  const at = parseUtcTime(text, NOW);
  return at === undefined ? undefined : formatIso(at);
};

describe('parseUtcTime', () => {
  it('reads what datetime-local writes as UTC, with and without seconds', () => {
    expect(read('2022-03-08T18:07')).toBe('2022-03-08T18:07:00.000Z');
    expect(read('2022-03-08T18:07:02')).toBe('2022-03-08T18:07:02.000Z');
    expect(read('2022-03-08 18:07:02.250Z')).toBe('2022-03-08T18:07:02.250Z');
  });

  it('takes a time of day as the latest one not after now', () => {
    expect(read('18:40')).toBe('2022-03-08T18:40:00.000Z');
    expect(read('18:40:01')).toBe('2022-03-07T18:40:01.000Z');
    expect(read('7:05')).toBe('2022-03-08T07:05:00.000Z');
  });

  it('knows nothing else', () => {
    for (const text of ['', 'now', '18', '24:61', '2022-13-40T00:00', '08.03.2022']) {
      expect(read(text)).toBeUndefined();
    }
  });
});
