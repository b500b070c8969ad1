import { type UnixNano, unixNano } from '#telemetry/time.ts';
import type { LiveSnapshot } from './live-snapshot.ts';

const INSTANT = /(^u|U)nixNano$/;
const DIGITS = /^-?\d+$/;

/** The snapshot in a `map` event. JSON carries instants as decimal strings; here they are bigints again. */
export function parseLive(json: string): LiveSnapshot {
  return parseTelemetryJson(json) as LiveSnapshot;
}

/** Any answer of our own API: every field whose name ends in `UnixNano` is an instant. */
export function parseTelemetryJson(json: string): unknown {
  return JSON.parse(json, reviveInstant);
}

function reviveInstant(key: string, value: unknown): unknown {
  if (typeof value !== 'string' || !INSTANT.test(key) || !DIGITS.test(value)) return value;
  return toInstant(value);
}

function toInstant(digits: string): UnixNano {
  return unixNano(BigInt(digits));
}
