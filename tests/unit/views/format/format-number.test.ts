import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatPercent,
  formatPlural,
  formatRate,
} from '#views/format/format-number.ts';

describe('formatPercent', () => {
  it.each([
    [0, '0%'],
    [0.0004, '<0.1%'],
    [0.072, '7.2%'],
    [0.357, '36%'],
    [0.9996, '99.9%'],
    [1, '100%'],
    [Number.NaN, '0%'],
  ])('says %f as %s', (ratio, text) => {
    expect(formatPercent(ratio)).toBe(text);
  });
});

describe('formatCompact', () => {
  it.each([
    [0, '0'],
    [0.01, '<0.1'],
    [0.25, '0.3'],
    [24, '24'],
    [999.6, '1k'],
    [1234, '1.2k'],
    [31_000, '31k'],
    [4_500_000, '4.5M'],
  ])('says %f as %s', (value, text) => {
    expect(formatCompact(value)).toBe(text);
  });
});

describe('the others', () => {
  it('group digits, choose units and plurals', () => {
    expect(formatCount(11_796)).toBe('11,796');
    expect(formatRate(1200)).toBe('1.2k/s');
    expect(formatBytes(1_572_864)).toBe('1.5 MB');
    expect(formatPlural(1, 'client')).toBe('1 client');
    expect(formatPlural(0, 'entry', 'entries')).toBe('0 entries');
  });
});
