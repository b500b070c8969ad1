import { expect, it } from 'vitest';
import { toJson } from '../../../app/_server/to-json.ts';

it('writes 64-bit integers as decimal strings, maps as objects, bytes as base64', () => {
  const value = {
    at: 2n ** 60n,
    attributes: new Map([['n', 7n]]),
    bytes: Uint8Array.of(1, 2),
    counts: Uint32Array.of(3),
  };
  expect(toJson(value)).toBe(
    '{"at":"1152921504606846976","attributes":{"n":"7"},"bytes":"AQI=","counts":[3]}',
  );
});
