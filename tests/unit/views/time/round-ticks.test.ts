import { describe, expect, it } from 'vitest';
import { fromUnixMs } from '#telemetry/time.ts';
import { roundTicks } from '#views/time/round-ticks.ts';
import { timeMarks } from '#views/traces/time-marks.ts';

describe('roundTicks', () => {
  it('marks round seconds inside the time, no more than asked for', () => {
    expect(roundTicks(103, 160, 4)).toEqual({
      seconds: [105, 120, 135, 150],
      stepSeconds: 15,
    });
    for (const length of [1, 7, 90, 900, 86_400, 400_000]) {
      const { seconds, stepSeconds } = roundTicks(1_000_003, 1_000_003 + length, 7);
      expect(seconds.length).toBeLessThanOrEqual(8);
      expect(seconds.every((second) => second % stepSeconds === 0)).toBe(true);
    }
  });
});

describe('timeMarks', () => {
  const at = (text: string) => fromUnixMs(Date.parse(text));

  it('says the minute a mark stands for, not one cut short', () => {
    const marks = timeMarks({
      startUnixNano: at('2022-03-08T18:40:19.250Z'),
      endUnixNano: at('2022-03-08T18:55:19.250Z'),
    });
    expect(marks.map(({ text }) => text)).toEqual(
      [42, 44, 46, 48, 50, 52, 54].map((minute) => `18:${minute}`),
    );
    expect(marks.every((mark) => mark.at % 60_000_000_000n === 0n)).toBe(true);
  });

  it('names the ends of a time that holds no whole second', () => {
    const marks = timeMarks({
      startUnixNano: at('2022-03-08T18:40:19.250Z'),
      endUnixNano: at('2022-03-08T18:40:20.750Z'),
    });
    expect(marks.map(({ text }) => text)).toEqual(['18:40:19.250', '18:40:20.750']);
  });
});
