/**
 * JSON of our own values: 64-bit integers as decimal strings (as OTLP/JSON does), maps as objects, bytes as base64,
 * typed arrays as arrays.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replace);
}

function replace(_: string, part: unknown): unknown {
  if (typeof part === 'bigint') return String(part);
  if (part instanceof Map) return Object.fromEntries(part);
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64');
  if (ArrayBuffer.isView(part)) return Array.from(part as Uint32Array);
  return part;
}
