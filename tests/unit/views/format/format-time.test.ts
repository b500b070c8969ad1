import { describe, expect, it } from 'vitest';
import { addNs, unixNano } from '#telemetry/time.ts';
import {
  formatAge,
  formatClockMs,
  formatDateTime,
  formatDuration,
  formatLatency,
  formatOffset,
  formatWindow,
} from '#views/format/format-time.ts';

const EVENING = unixNano(1_646_762_822_345_000_000n);

describe('instants', () => {
  it('are in UTC, whatever the machine thinks', () => {
    expect(formatDateTime(EVENING)).toBe('8 Mar 2022 18:07:02 UTC');
    expect(formatClockMs(EVENING)).toBe('18:07:02.345');
  });

  it('name the day of a window only when it spans several', () => {
    const later = addNs(EVENING, 60e9);
    expect(formatWindow({ startUnixNano: EVENING, endUnixNano: later })).toBe(
      '18:07:02 – 18:08:02 UTC',
    );
    const tomorrow = addNs(EVENING, 86_400e9);
    expect(formatWindow({ startUnixNano: EVENING, endUnixNano: tomorrow })).toContain('9 Mar 2022');
  });
});

describe('lengths', () => {
  it.each([
    [840, '840 ns'],
    [12_000, '12 µs'],
    [3_230_000, '3.23 ms'],
    [38_000_000, '38 ms'],
    [1_120_000_000, '1.12 s'],
    [72_000_000_000, '1m 12s'],
    [8_880_000_000_000, '2h 28m'],
    [-3_000_000, '−3 ms'],
  ])('of %d ns read %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  it('of quantiles have no more figures than the histogram knows', () => {
    expect(formatLatency(3_230_000)).toBe('3.2 ms');
    expect(formatLatency(36_600_000)).toBe('37 ms');
    expect(formatLatency(800_000)).toBe('800 µs');
  });

  it('since something happened are never negative', () => {
    expect(formatAge(-5)).toBe('0.0 s');
    expect(formatAge(812_000_000)).toBe('0.8 s');
    expect(formatAge(72_000_000_000)).toBe('1m 12s');
    expect(formatAge(3 * 86_400e9 + 4 * 3600e9)).toBe('3d 4h');
  });

  it('into an incident keep their sign', () => {
    expect(formatOffset(5e9)).toBe('T+5 s');
    expect(formatOffset(-5e9)).toBe('T−5 s');
    expect(formatOffset(-4e8)).toBe('T+0 s');
    expect(formatOffset(-72e9)).toBe('T−1m 12s');
  });
});
