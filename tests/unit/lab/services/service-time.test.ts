import { expect, it } from 'vitest';
import { drawServiceTimeMs } from '#lab/services/service-time.ts';
import { seededRoll } from '#processes/seeded-roll.ts';

it('drawServiceTimeMs has the median it was given and never runs away', () => {
  const roll = seededRoll(7);
  const drawn = Array.from({ length: 2001 }, () =>
    drawServiceTimeMs({ medianMs: 4, spread: 0.4 }, roll),
  ).sort((a, b) => a - b);
  expect(drawn[1000]).toBeGreaterThan(3.7);
  expect(drawn[1000]).toBeLessThan(4.3);
  expect(drawServiceTimeMs({ medianMs: 4, spread: 90 }, () => 0.999999)).toBeLessThanOrEqual(250);
});
